import { traceOf } from '@kyhooks/core';
import { countListeners, outcome } from '@kyhooks/testing';
import { isRateLimitError, rateLimit } from '@kyhooks/rate-limit';
import { isTimeoutError } from 'ky';
import { describe, expect, test } from 'vitest';
import { getAll, names, world } from './world.ts';

describe('queue.limit', () => {
  test('refuses at once who would wait in a full queue, with what explains it', async () => {
    using at = world({ maxConcurrent: 1, rate: { limit: 1, interval: 5_000 }, queue: { limit: 1 } });
    void getAll(at.api, names(2));
    await at.clock.settle();
    const error = await outcome(at.api.get('late'));
    expect(isRateLimitError(error)).toBe(true);
    expect(error).toMatchObject({
      name: 'RateLimitError',
      code: 'RATE_LIMIT_QUEUE_FULL',
      isKyError: true,
      key: 'https://api.test',
      queueLength: 1,
      estimatedWaitMs: 10_000,
      message: 'Not sent: 1 calls wait, and queue.limit is 1 (1 waiting, it would take at least 10000 ms)',
    });
    expect(Object.keys(error as object)).not.toContain('key');
    expect(traceOf(error)?.decisions).toMatchObject([{ verdict: 'refused', layer: 'rateLimit' }]);
  });

  test('0 means that nobody waits', async () => {
    using at = world({ maxConcurrent: 1, queue: { limit: 0 } });
    const [first, second] = await at.clock.finish(getAll(at.api, names(2)));
    expect(first).toBe('{}');
    expect(second).toMatchObject({ code: 'RATE_LIMIT_QUEUE_FULL' });
  });
});

describe('queue.timeout', () => {
  test('bounds the wait', async () => {
    using at = world({ maxConcurrent: 1, queue: { timeout: 150 } });
    const outcomes = await at.clock.finish(getAll(at.api, names(3)));
    expect(outcomes.slice(0, 2)).toEqual(['{}', '{}']);
    expect(outcomes[2]).toMatchObject({ code: 'RATE_LIMIT_QUEUE_TIMEOUT', queueLength: 1 });
    expect(traceOf(outcomes[2])?.decisions).toMatchObject([
      { verdict: 'refused', reason: 'no permit within queue.timeout of 150 ms' },
    ]);
    expect(at.sentAt).toEqual([0, 100]);
    expect(at.clock.timers).toBe(0);
  });
});

test('a bound that was not met leaves no timer', async () => {
  using at = world({ maxConcurrent: 1, queue: { timeout: 60_000 } });
  await at.clock.finish(getAll(at.api, names(2)));
  expect([at.clock.elapsedMs, at.clock.timers]).toEqual([200, 0]);
});

describe('the deadline', () => {
  test('a wait that cannot fit is not begun', async () => {
    using at = world({ rate: { limit: 1, interval: 5_000 } }, { totalTimeout: 2_000 });
    void at.api.get('a');
    await at.clock.advance(500);
    const error = await outcome(at.api.get('b'));
    expect(at.clock.elapsedMs).toBe(500);
    expect(isTimeoutError(error)).toBe(true);
    expect(traceOf(error)?.decisions[0]?.reason).toBe('a wait of 4.6 s exceeds the remaining 2 s');
  });

  test('counts those that go first: the sixth of two in a second has no chance within two seconds', async () => {
    using at = world({ rate: { limit: 2, interval: 1_000 } }, { totalTimeout: 2_000 });
    const outcomes = await at.clock.finish(getAll(at.api, names(6)));
    expect(outcomes.map((one) => (one === '{}' ? 'sent' : 'refused'))).toEqual([
      'sent',
      'sent',
      'sent',
      'sent',
      'refused',
      'refused',
    ]);
    const [, , , , , last] = outcomes;
    expect(traceOf(last)?.durationMs).toBe(0);
  });

  test('counts the distance between two that start', async () => {
    using at = world({ minTime: 1_000 }, { totalTimeout: 2_500 });
    const outcomes = await at.clock.finish(getAll(at.api, names(5)));
    expect(outcomes.map((one) => one === '{}')).toEqual([true, true, true, false, false]);
  });

  test('counts only those that go first by their priority', async () => {
    using at = world({ rate: { limit: 1, interval: 1_000 } });
    const low = getAll(at.api, names(4), rateLimit({ priority: 9 }));
    await at.clock.settle();
    const high = outcome(at.api.get('high', { totalTimeout: 2_000, ...rateLimit({ priority: 0 }) }).text());
    const lowest = outcome(at.api.get('low', { totalTimeout: 2_000, ...rateLimit({ priority: 9 }) }));
    expect(await at.clock.finish(high)).toBe('{}');
    expect(await lowest).toMatchObject({ name: 'TimeoutError' });
    await at.clock.finish(low);
    expect(at.paths[1]).toBe('high');
  });

  test('what is sent again and has no time left ends with the answer in hand', async () => {
    const replies = [{ status: 503, body: 'busy' }];
    const ky = { replies, totalTimeout: 2_000, throwHttpErrors: false, retry: { limit: 1, delay: () => 10 } };
    using at = world({ rate: { limit: 1, interval: 5_000 } }, ky);
    expect(await at.clock.finish(outcome(at.api.get('a')))).toMatchObject({ status: 503 });
  });
});

describe('an abort in the queue', () => {
  test("settles at once with the caller's own reason, and leaves nothing behind", async () => {
    using at = world({ maxConcurrent: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const listeners = countListeners(signal);
    void at.api.get('a');
    await at.clock.settle();
    const waiting = getAll(at.api, names(3), { signal });
    await at.clock.advance(10);
    const reason = { mine: true };
    controller.abort(reason);
    expect(await waiting).toEqual([reason, reason, reason]);
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 1, waiting: 0 });
    await at.clock.finish(at.api.get('b'));
    expect(at.sentAt).toEqual([0, 100]);
    expect([listeners.count, at.clock.timers]).toEqual([0, 0]);
  });

  test('1,000 of 1,005 that wait leave at the same moment, and spend no quota', async () => {
    using at = world({ rate: { limit: 1, interval: 1_000 }, queue: { limit: 2_000 } });
    const controller = new AbortController();
    const first = getAll(at.api, ['first']);
    await at.clock.advance(10);
    const few = getAll(at.api, names(5, 'stays'));
    const many = getAll(at.api, names(1_000), { signal: controller.signal });
    await at.clock.advance(10);
    controller.abort('mine');
    expect(new Set(await many)).toEqual(new Set(['mine']));
    expect(at.clock.elapsedMs).toBe(20);
    await at.clock.finish(Promise.all([first, few]));
    expect(at.sentAt).toEqual([0, 1_103, 2_206, 3_309, 4_412, 5_515]);
  });

  test('frees those behind it that weigh less', async () => {
    using at = world({ maxConcurrent: 2 });
    const controller = new AbortController();
    void at.api.get('a');
    await at.clock.settle();
    const heavy = outcome(at.api.get('heavy', { signal: controller.signal, ...rateLimit({ weight: 2 }) }));
    void at.api.get('light');
    await at.clock.advance(10);
    expect(at.paths).toEqual(['a']);
    controller.abort();
    await heavy;
    await at.clock.settle();
    expect(at.paths).toEqual(['a', 'light']);
  });
});
