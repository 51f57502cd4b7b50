import { flakyApi } from './app.ts';
import { Ledger } from './ledger.ts';
import { openToPages } from './for-pages.ts';
import type { FromServer, ServerSetup, ToServer } from './messages.ts';
import { type Profile, profiles, slowly } from './profiles.ts';

const { seed, faults, forPages } = JSON.parse(process.argv[2]!) as ServerSetup;
const ledger = new Ledger();

// Ctrl-C reaches every process of the terminal: the client ends this one, after asking for the counts.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (message: ToServer) => {
  if (message !== 'take-stats') return;
  tell({ kind: 'stats', stats: ledger.stats() });
  ledger.reset();
});

let profile: Profile = profiles[faults];
const app = flakyApi(seed, () => profile, ledger);
if (forPages) openToPages(app, ledger, (settings) => (profile = slowly(settings.faults)));
tell({ kind: 'ready', url: await app.listen({ host: '127.0.0.1', port: 0 }) });

function tell(message: FromServer): void {
  process.send?.(message);
}
