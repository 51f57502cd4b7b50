import { outcome } from '@kyhooks/testing';
import { isRateLimitError } from '@kyhooks/rate-limit';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';

import { backend, member, redisClient } from './client.ts';
import { RedisServer } from './redis-server.ts';

/** What happens to Redis, and for how long it is away then. */
interface Outage {
  readonly name: string;
  readonly harm: (server: RedisServer) => Promise<void> | void;
  readonly mend?: (server: RedisServer) => Promise<void> | void;
}

const away = 1_500;
const outages: readonly Outage[] = [
  { name: 'killed, and started again', harm: (server) => server.kill(), mend: (server) => server.start() },
  {
    name: 'an empty restart',
    async harm(server) {
      await server.kill();
      await server.start();
    },
  },
  {
    name: 'FLUSHALL',
    async harm({ port }) {
      const client = redisClient(port);
      await client.flushall();
      client.disconnect();
    },
  },
  { name: 'frozen, and thawed', harm: (server) => server.freeze(), mend: (server) => server.thaw() },
];
const policies = ['reject', 'open', 'local'] as const;
const matrix = outages.flatMap((outage) => policies.map((policy) => [outage.name, policy, outage] as const));

const maxConcurrent = 4;
const deadline = 5_000;

describe.concurrent('an outage of Redis', () => {
  test.for(matrix)('%s, whenUnavailable: %s', async ([, whenUnavailable, { harm, mend }], { expect }) => {
    await using server = await RedisServer.start();
    const seen = backend(400);
    const { fetch } = seen;
    await using one = member(server.port, { maxConcurrent, whenUnavailable, processes: 2 }, { fetch });
    await using other = member(server.port, { maxConcurrent, whenUnavailable, processes: 2 }, { fetch });
    const call = async (): Promise<{ readonly result: unknown; readonly ms: number }> => {
      const began = performance.now();
      const result = await outcome(one.api.get('a', { totalTimeout: deadline }).text());
      return { result, ms: performance.now() - began };
    };
    const calls = (count: number): Promise<{ readonly result: unknown; readonly ms: number }[]> =>
      Promise.all(Array.from({ length: count }, call));

    await outcome(other.api.get('warm')); // connected
    const running = calls(maxConcurrent);
    await expect.poll(() => seen.times.length).toBe(1 + maxConcurrent);
    const queued = calls(6);
    await sleep(50);
    await harm(server);
    await sleep(50);
    const during = calls(6);
    await sleep(away);
    await mend?.(server);

    const back = performance.now();
    for (let done = false; !done;) {
      const results = await Promise.all([one, other].map(({ api }) => outcome(api.get('again').text())));
      done = results.every((result) => result === 'fine');
      if (!done) await sleep(20);
    }
    expect(performance.now() - back).toBeLessThan(5_000);

    // An answer that has come is never held back.
    for (const { result, ms } of await running) {
      expect(result).toBe('fine');
      expect(ms).toBeLessThan(deadline);
    }
    for (const { result, ms } of [...(await queued), ...(await during)]) {
      if (whenUnavailable === 'reject' && mend && isRateLimitError(result))
        expect(result.code).toBe('RATE_LIMIT_STORE_UNAVAILABLE');
      else expect(result).toBe('fine');
      expect(ms).toBeLessThan(deadline);
    }
    // Going over to the share, or beginning to count anew, may let as much run again.
    if (whenUnavailable !== 'open') expect(seen.most).toBeLessThanOrEqual(2 * maxConcurrent);
  });
});
