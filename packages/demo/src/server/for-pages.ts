import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Settings } from '../../browser/api.ts';
import type { Ledger } from './ledger.ts';

const control = '/control';

/** Lets pages of other origins in, and lets them say what may go wrong. */
export function openToPages(
  app: FastifyInstance,
  ledger: Ledger,
  configure: (settings: Settings) => void,
): void {
  let preflights = 0;
  let exposed = true;

  app.addHook('onRequest', async ({ method, url }) => {
    if (method === 'OPTIONS' && url !== control) preflights++;
  });
  app.register(cors, {
    delegator: (_, done) =>
      done(null, {
        origin: true,
        methods: ['GET', 'POST', 'PUT'],
        // What a page may read, beside the few that it always may.
        exposedHeaders: exposed ? ['retry-after', 'idempotent-replayed'] : [],
      }),
  });
  app.put<{ Body: string }>(control, async ({ body }) => {
    const settings = JSON.parse(body) as Settings;
    ({ exposed } = settings);
    configure(settings);
    return {};
  });
  app.get(control, async () => {
    const { requests, duplicateWrites } = ledger.stats();
    return { requests, duplicateWrites, preflights };
  });
}
