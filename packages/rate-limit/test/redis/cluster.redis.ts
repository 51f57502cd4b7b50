import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';
import { shareLimit } from './cluster.ts';
import { RedisServer } from './redis-server.ts';
import { backend, member, redisClient } from './client.ts';
import { finished, loggingServer, startWorker } from './workers.ts';

describe.concurrent('four processes, one limit per second', () => {
  // `npm run proof` does the same for longer and with 1,000 a second, and says how much of the limit is used.
  test.for([
    { limit: 10, aheadMs: 0 },
    { limit: 10, aheadMs: 5_000 },
    { limit: 100, aheadMs: 0 },
    { limit: 100, aheadMs: 5_000 },
  ])('$limit a second, one clock $aheadMs ms ahead', async ({ limit, aheadMs }, { expect }) => {
    const { ok, failed, most } = await shareLimit(limit, { seconds: 3, aheadMs });
    expect(failed).toEqual([]);
    expect(ok).toBeGreaterThan(limit);
    expect(most).toBeLessThanOrEqual(limit);
  });

  test('a process that is killed gives its permits back, one that only takes long keeps them', async ({
    expect,
  }) => {
    await using redis = await RedisServer.start();
    await using server = await loggingServer(60_000);
    const { fetch } = backend(0);
    await using here = member(redis.port, { maxConcurrent: 2 }, { baseUrl: server.url, fetch });
    const worker = await startWorker({
      redisPort: redis.port,
      url: server.url,
      limits: { maxConcurrent: 2 },
      callers: 2,
      ms: 60_000,
    });
    worker.send('go');
    await expect.poll(() => server.times.length).toBe(2);
    const waiting = here.api.get('').text();
    let got = false;
    void waiting.then(() => (got = true));
    await sleep(5_000);
    expect(got).toBe(false);
    worker.kill('SIGKILL');
    const killed = performance.now();
    await waiting;
    expect(performance.now() - killed).toBeLessThan(5_000);
  });

  test('a process that ends leaves nothing behind but what is still in the window', async ({ expect }) => {
    await using redis = await RedisServer.start();
    await using server = await loggingServer(5);
    const worker = await startWorker({
      redisPort: redis.port,
      url: server.url,
      limits: { maxConcurrent: 3, rate: { limit: 5, interval: 1_000 } },
      callers: 3,
      ms: 500,
    });
    expect(await finished(worker)).toEqual({ ok: 5, failed: [] });
    const client = redisClient(redis.port);
    const running = async (limit: string): Promise<number> => {
      const [key] = await client.keys(`b_*:${limit}_job_expirations`);
      return key ? client.zcount(key, Date.now(), '+inf') : 0;
    };
    expect(await running('3/0')).toBe(0);
    await expect.poll(() => running('5/1000/0'), { timeout: 2_000 }).toBe(0);
    client.disconnect();
  });
});
