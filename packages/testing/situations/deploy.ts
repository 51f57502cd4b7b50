import { wait } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { retry } from '@kyhooks/retry';
import ky, { type KyInstance, type Options } from 'ky';
import { realServer } from '../test/real-server.ts';
import type { Situation } from './situation.ts';

const away = { from: 400, to: 1_600 };

const resilient = (options: Options): KyInstance =>
  // #region client
  ky
    .create(options)
    .extend(retry({ limit: 5, jitter: 'equal' })) // 5 waits: 4.6 s at least, longer than a restart
    .extend(idempotency()); // a POST that was cut off may be sent again
// #endregion client

/** A server ends, and is back 1.2 s later: connections break, then are refused. Calls go on meanwhile. */
export const deploy: Situation = {
  name: 'deploy',
  on: 'sockets',
  byChance: true,
  effect: { name: 'orders placed', wanted: 2 },
  async play(stage) {
    const orders: unknown[] = [];
    const keys = new Set<unknown>();
    const start = (port?: number): ReturnType<typeof realServer> =>
      realServer(({ socket }, request) => {
        setTimeout(() => {
          // What was running when the server ended is gone with it.
          if (!socket?.writable) return;
          const key = request.headers['idempotency-key'];
          if (request.method === 'POST' && (key === undefined || !keys.has(key))) {
            orders.push(key);
            keys.add(key);
          }
          socket.end(
            'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}',
          );
        }, 150);
      }, port);
    const old = await start();
    const options: Options = { baseUrl: old.url };
    const api = stage.toolkit ? resilient(options) : ky.create(options);
    const call = async (atMs: number, method: 'get' | 'post'): Promise<unknown> => {
      await wait(atMs);
      return stage.call(`${method.toUpperCase()} +${atMs}`, fetch, (more) =>
        api('v1/orders', { method, ...(method === 'post' && { json: {} }), ...more }).json(),
      );
    };
    stage.begin();
    const calls = Promise.all([
      call(100, 'get'),
      call(300, 'get'),
      call(340, 'post'),
      call(600, 'get'),
      call(800, 'post'),
      call(1_100, 'get'),
      call(1_700, 'get'),
    ]);
    await wait(away.from - stage.ms);
    await old[Symbol.asyncDispose]();
    await wait(away.to - stage.ms);
    const fresh = await start(Number(new URL(old.url).port));
    await calls;
    await fresh[Symbol.asyncDispose]();
    stage.effects = orders.length;
    stage.mark('the server is away', away.from, away.to);
  },
};
