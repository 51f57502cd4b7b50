import { type Reply, outcome } from '@kyhooks/testing';
import { rateLimit, type RateLimitOptions } from '@kyhooks/rate-limit';
import { describe, expect, test } from 'vitest';
import { byJobs } from './by-jobs.ts';
import { getAll, names, world } from './world.ts';

const key = ({ request }: { request: Request }): string => request.url;

describe('keys', () => {
  test('a thousand are remembered, the idle ones of more are forgotten', async () => {
    using at = world({ maxConcurrent: 1, key });
    for (const name of names(1_500)) void at.api.get(name);
    await at.clock.finish(at.api.get('last'));
    await at.clock.advance(2_000);
    expect(at.limits.stats().size).toBe(1_000);
    expect(at.clock.timers).toBe(0);
  });

  test('one that the server has paused is not, nor one for which calls wait', async () => {
    const replies = [{ status: 429, headers: { 'retry-after': '60' } }, { hang: true }, { json: {} }];
    using at = world({ maxConcurrent: 1, key }, { replies });
    await at.clock.finish(outcome(at.api.get('paused')));
    void outcome(at.api.get('held'));
    void outcome(at.api.get('held'));
    await at.clock.settle();
    for (const name of names(1_100)) void at.api.get(name);
    await at.clock.advance(2_000);
    const known = at.limits.stats();
    expect(known.size).toBe(1_000);
    expect(known.get('https://api.test/paused')).toMatchObject({ pausedUntilMs: expect.any(Number) });
    expect(known.get('https://api.test/held')).toEqual({ running: 1, waiting: 1 });
  });

  test('one whose window would be handed out twice is not', async () => {
    using at = world({ rate: { limit: 1, interval: 10_000 }, key });
    for (const name of names(1_500)) void at.api.get(name);
    await at.clock.advance(5_000);
    expect(at.limits.stats().size).toBe(1_500);
    await at.clock.finish(at.api.get('a0'));
    expect(at.sentAt.at(-1)).toBe(10_103);
    await at.clock.advance(1_000);
    expect(at.limits.stats().size).toBe(1_000);
  });
});

describe.each([
  ["Bottleneck's store", rateLimit],
  ["Bottleneck's jobs", byJobs],
])('a key that is used again after a thousand others, counted by %s', (_, limiting) => {
  const ok: Reply = { json: {} };

  test('has no second permit beside a request that runs', async () => {
    using at = world({ maxConcurrent: 1, key }, { replies: [{ hang: true }, ok], limiting });
    void outcome(at.api.get('a'));
    await at.clock.advance(50);
    await at.clock.finish(getAll(at.api, names(1_010, 'b')));
    await at.clock.advance(2_000);
    void outcome(at.api.get('a'));
    await at.clock.advance(2_000);
    expect(at.paths.filter((path) => path === 'a')).toEqual(['a']);
    expect(at.limits.stats().get('https://api.test/a')).toEqual({ running: 1, waiting: 1 });
    expect(at.limits.stats().size).toBe(1_000);
  });

  test.each<[string, RateLimitOptions, Reply, number]>([
    ['the spacing', { minTime: 10_000 }, ok, 10_000],
    ['the window', { rate: { limit: 1, interval: 10_000 } }, ok, 10_003],
    [
      'the second of two windows',
      {
        rate: [
          { limit: 1, interval: 10 },
          { limit: 1, interval: 10_000 },
        ],
      },
      ok,
      10_003,
    ],
    ['the pause of the server', {}, { json: {}, headers: { ratelimit: '"a";r=0;t=10' } }, 10_000],
  ])('keeps %s', async (__, options, reply, freeAt) => {
    using at = world({ ...options, key }, { replies: [reply, ok], limiting });
    await at.clock.finish(getAll(at.api, ['a']));
    await at.clock.finish(getAll(at.api, names(1_010, 'b')));
    await at.clock.advance(2_000);
    await at.clock.finish(getAll(at.api, ['a']));
    // A job takes a few milliseconds of Bottleneck's.
    expect(at.sentAt.at(-1)).toBeGreaterThanOrEqual(freeAt);
    expect(at.sentAt.at(-1)).toBeLessThan(freeAt + 20);
    // Nothing holds any of them any more: what is too many goes.
    await at.clock.advance(12_000);
    expect([at.limits.stats().size, at.clock.timers]).toEqual([1_000, 0]);
  });
});

test('what is left of a quota is not forgotten with the key', async () => {
  const left: Reply = { json: {}, headers: { ratelimit: '"a";r=1;t=10' } };
  using at = world({ key }, { replies: [left, { json: {} }] });
  await at.clock.finish(getAll(at.api, ['a']));
  // Late enough that the one which is left may go at once; two may not all the same.
  await at.clock.advance(6_000);
  await at.clock.finish(getAll(at.api, names(1_010, 'b')));
  await at.clock.advance(2_000);
  await at.clock.finish(
    getAll(
      at.api,
      names(3).map(() => 'a'),
    ),
  );
  expect(at.sentAt.slice(-3)).toEqual([8_000, 10_000, 10_000]);
  await at.clock.advance(2_000);
  expect([at.limits.stats().size, at.clock.timers]).toEqual([1_000, 0]);
});

test('a URL without a host is its own key', async () => {
  using at = world({ maxConcurrent: 1 });
  await at.clock.finish(at.api.get('data:,a'));
  expect([...at.limits.stats().keys()]).toEqual(['data:,a']);
});
