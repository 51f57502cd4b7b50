import { layer, settled, traceOf } from '@kyhooks/core';
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

describe('the estimate of a refusal', () => {
  const estimate = async (
    at: ReturnType<typeof world>,
    weight: number,
    waiting: number,
  ): Promise<unknown> => {
    const error = await outcome(at.api.get('late', rateLimit({ weight, queue: { limit: waiting } })));
    return (error as { readonly estimatedWaitMs?: number }).estimatedWaitMs;
  };

  test('counts the spacing of all that go first', async () => {
    using at = world({ minTime: 1_000 });
    void getAll(at.api, names(3));
    await at.clock.advance(400);
    // Two wait: the next starts in 600 ms, and each of the others a second later.
    expect(await estimate(at, 1, 2)).toBe(2_600);
  });

  test('knows when the last of those leaves the window whose places it takes', async () => {
    using at = world({ rate: { limit: 3, interval: 1_000 } });
    await at.clock.finish(at.api.get('a'));
    await at.clock.advance(400);
    await at.clock.finish(at.api.get('b'));
    void outcome(at.api.get('c'));
    await at.clock.advance(50);
    // At 650 ms: one was answered at 100, one at 600, and one is under way and stays for an interval at least.
    expect(at.clock.elapsedMs).toBe(650);
    expect([await estimate(at, 1, 0), await estimate(at, 2, 0), await estimate(at, 3, 0)]).toEqual([
      453, 953, 1_000,
    ]);
  });

  test('forgets what has left the window, also while nothing could start', async () => {
    using at = world({ rate: { limit: 2, interval: 1_000 }, maxConcurrent: 1 });
    await at.clock.finish(at.api.get('a'));
    void outcome(at.api.get('b', rateLimit({ weight: 1 })));
    await at.clock.advance(50);
    void outcome(at.api.get('c'));
    expect(await estimate(at, 1, 1)).toBe(1_000);
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

test('nor does one of a call that was aborted, and its record says nothing of it', async () => {
  using at = world(
    { maxConcurrent: 1, queue: { timeout: 60_000 } },
    { replies: [{ hang: true }], timeout: false },
  );
  const controller = new AbortController();
  void outcome(at.api.get('a'));
  await at.clock.settle();
  let decisions: unknown;
  const listening = layer({
    name: 'listening',
    places: [settled((call) => void (decisions = call.decisions))],
  });
  const waiting = outcome(at.api.get('b', { signal: controller.signal, ...listening() }));
  await at.clock.advance(10);
  controller.abort('mine');
  expect(await waiting).toBe('mine');
  expect(at.clock.timers).toBe(0);
  await at.clock.advance(60_000);
  expect(decisions).toEqual([]);
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

  test.each([
    ['', { limit: 1 }],
    [', though it would be refused too', { limit: 0 }],
  ])('that a hook has made before the line is reached ends the call at once%s', async (_, queue) => {
    using at = world({ maxConcurrent: 1, queue });
    const controller = new AbortController();
    void at.api.get('a');
    await at.clock.settle();
    const hooks = { beforeRequest: [() => controller.abort('mine')] };
    expect(await outcome(at.api.get('b', { signal: controller.signal, hooks }))).toBe('mine');
    expect(at.clock.elapsedMs).toBe(0);
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 1, waiting: 0 });
  });

  test('of most of those that wait changes nothing in the order of the others', async () => {
    using at = world({ maxConcurrent: 1 });
    const controller = new AbortController();
    const first = at.api.get('first');
    await at.clock.settle();
    const others = Array.from({ length: 64 }, (_, index) => {
      const priority = (index * 7 + (index % 3)) % 10;
      const stays = index % 4 === 1;
      const name = `p${priority}-${String(index).padStart(2, '0')}`;
      const { signal } = controller;
      return {
        name,
        stays,
        call: outcome(at.api.get(name, { ...(!stays && { signal }), ...rateLimit({ priority }) })),
      };
    });
    await at.clock.advance(10);
    controller.abort('mine');
    await at.clock.finish(Promise.all([first, ...others.map(({ call }) => call)]));
    const expected = others.filter(({ stays }) => stays).map(({ name }) => name);
    expect(at.paths).toEqual(['first', ...expected.toSorted()]);
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
