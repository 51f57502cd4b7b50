import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Said, Task } from './worker.ts';

const program = fileURLToPath(new URL('worker.ts', import.meta.url));

/** A worker process that has its task, and waits for the start. */
export async function startWorker(task: Task): Promise<ChildProcess> {
  const child = fork(program, [JSON.stringify(task)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The worker ends with ${code}`);
  });
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return child;
}

/** Lets it begin; what it has to say at the end. */
export async function finished(child: ChildProcess): Promise<Extract<Said, { ok: number }>> {
  const said = once(child, 'message');
  child.send('go');
  const [[result]] = await Promise.all([said, once(child, 'exit')]);
  return result as Extract<Said, { ok: number }>;
}

/** A server with a log of its own: when each request came, on its monotonic clock. */
export interface LoggingServer extends AsyncDisposable {
  readonly url: string;
  readonly times: number[];
  readonly most: number;
}

/** Its answers take so many milliseconds. */
export async function loggingServer(ms: number): Promise<LoggingServer> {
  const times: number[] = [];
  let running = 0;
  let most = 0;
  const server: Server = createServer((_, response) => {
    times.push(performance.now());
    most = Math.max(most, ++running);
    setTimeout(() => {
      running--;
      response.end('fine');
    }, ms);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    times,
    get most() {
      return most;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
