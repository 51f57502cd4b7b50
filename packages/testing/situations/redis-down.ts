import { wait } from '@kyhooks/core';
import { rateLimit, type RateLimitFragment } from '@kyhooks/rate-limit/redis';
import { retry } from '@kyhooks/retry';
import { Redis } from 'ioredis';
import ky, { type KyInstance, type Options } from 'ky';
import { RedisServer } from '../../rate-limit/test/redis/redis-server.ts';
import { realServer } from '../test/real-server.ts';
import type { Situation } from './situation.ts';

const quota = { requests: 6, perMs: 1_000 };
const jobs = 11;

/** One limit of 2 per half a second for both workers, which is less than the API takes: a change to the fallback may let one more limit pass. */
const limit = (connection: Redis): RateLimitFragment =>
  // #region client
  rateLimit({
    connection, // of ioredis: all workers count together
    rate: { limit: 2, interval: 500 },
    whenUnavailable: 'local', // without Redis each worker has its share
    processes: 2,
  });
// #endregion client

/** Two workers begin eleven jobs each at once. The API takes 6 requests in a second. Redis is killed meanwhile, and comes back. */
export const redisDown: Situation = {
  name: 'redis-down',
  on: 'redis',
  byChance: true,
  async play(stage) {
    await using redis = await RedisServer.start();
    const taken: number[] = [];
    await using server = await realServer((response) => {
      const now = stage.ms;
      const free = taken.filter((ms) => ms > now - quota.perMs).length < quota.requests;
      if (free) taken.push(now);
      setTimeout(() => {
        if (free) response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
        else response.writeHead(429, { 'retry-after': '1' }).end();
      }, 40);
    });
    const workers = ['A', 'B'].map((name) => {
      const connection = new Redis({ port: redis.port, retryStrategy: () => 50 });
      connection.on('error', () => {});
      return { name, connection, limits: limit(connection) };
    });
    const options: Options = { baseUrl: server.url };
    const clientOf = (limits: RateLimitFragment): KyInstance =>
      stage.toolkit ? ky.create(options).extend(limits).extend(retry()) : ky.create(options);
    // The first call would wait for the connection.
    if (stage.toolkit) await Promise.all(workers.map(({ connection }) => connection.ping()));
    stage.begin();
    const all = Promise.all(
      workers.flatMap(({ name, limits }) => {
        const api = clientOf(limits);
        return Array.from({ length: jobs }, (_, job) =>
          stage.call(`${name}${job + 1}`, fetch, (more) => api.get('v1/prices', more).json()),
        );
      }),
    );
    const away = { from: 700, to: 2_700 };
    await wait(away.from - stage.ms);
    await redis.kill();
    await wait(away.to - stage.ms);
    await redis.start();
    await all;
    if (stage.toolkit) stage.mark('Redis is away', away.from, away.to);
    for (const { limits, connection } of workers) {
      await limits.close();
      connection.disconnect();
    }
  },
};
