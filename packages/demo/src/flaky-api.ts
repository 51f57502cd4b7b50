import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerStats } from './server/ledger.ts';
import type { FromServer, ServerSetup, ToServer } from './server/messages.ts';

const entry = fileURLToPath(new URL('server/main.ts', import.meta.url));

/** The flaky API, running in a process of its own. */
export class FlakyApi {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(setup: ServerSetup): Promise<FlakyApi> {
    // Its output goes to stderr: stdout belongs to the report.
    const child = fork(entry, [JSON.stringify(setup)], { stdio: ['ignore', 2, 'inherit', 'ipc'] });
    const { url } = await told(child, 'ready');
    return new FlakyApi(child, url);
  }

  /** What it counted since the last time; its counters and its script start anew. */
  async takeStats(): Promise<ServerStats> {
    const answer = told(this.#process, 'stats');
    this.#process.send('take-stats' satisfies ToServer);
    return (await answer).stats;
  }

  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill();
    await exit;
  }
}

type Told<Kind> = Extract<FromServer, { readonly kind: Kind }>;

/** The next message of this kind; rejects when the process ends instead. */
function told<Kind extends FromServer['kind']>(child: ChildProcess, kind: Kind): Promise<Told<Kind>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: FromServer): void => {
      if (message.kind !== kind) return;
      leave();
      resolve(message as Told<Kind>);
    };
    const onExit = (code: number | null, signal: string | null): void => {
      leave();
      reject(
        new Error(`The flaky API ended (${signal ?? `exit code ${code}`}) when it should have been ${kind}`),
      );
    };
    const leave = (): void => void child.off('message', onMessage).off('exit', onExit);
    child.on('message', onMessage).on('exit', onExit);
  });
}
