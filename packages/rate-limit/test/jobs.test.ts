import { gate, layer } from '@kyhooks/core';
import { outcome } from '@kyhooks/testing';
import { rateLimit, type RateLimitOptions } from '@kyhooks/rate-limit';
import Bottleneck from 'bottleneck';
import { describe, expect, test } from 'vitest';
import { JobPermits } from '../src/permits/jobs.ts';
import { byJobs, counted } from './by-jobs.ts';
import { getAll, names, world } from './world.ts';

describe("a user's own Bottleneck", () => {
  test('counts each call as a job, beside its other jobs', async () => {
    const limiter = new Bottleneck({ maxConcurrent: 2 });
    using at = world({ limiter });
    const other = limiter.schedule(() => new Promise((resolve) => void setTimeout(resolve, 250)));
    const calls = getAll(at.api, names(4));
    await at.clock.advance(50);
    expect(limiter.counts()).toMatchObject({ EXECUTING: 2 });
    await at.clock.finish(Promise.all([calls, other]));
    expect(at.paths).toEqual(names(4));
    expect(await at.clock.finish(limiter.done())).toBe(5);
    // The other job has one of the two, then both are ours.
    expect(at.sentAt.map((ms) => Math.round(ms / 100))).toEqual([0, 1, 2, 3]);
    expect(limiter.counts()).toEqual({ RECEIVED: 0, QUEUED: 0, RUNNING: 0, EXECUTING: 0 });
  });

  test('a call that is aborted in line spends none of its reservoir', async () => {
    const limiter = new Bottleneck({ maxConcurrent: 1, reservoir: 3 });
    using at = world({ limiter });
    const controller = new AbortController();
    const first = getAll(at.api, ['a']);
    await at.clock.advance(10);
    const aborted = getAll(at.api, names(20, 'b'), { signal: controller.signal });
    await at.clock.advance(10);
    controller.abort('mine');
    expect(new Set(await aborted)).toEqual(new Set(['mine']));
    await at.clock.finish(Promise.all([first, getAll(at.api, names(2, 'c'))]));
    expect(at.paths).toEqual(['a', 'c0', 'c1']);
    expect(await at.clock.finish(limiter.currentReservoir())).toBe(0);
  });

  test('its reservoir and spacing count every call: no job serves two', async () => {
    // So short that a limiter of our own would hand the job on.
    using at = world({}, { replies: [{ json: {}, afterMs: 10 }] });
    // Made on the virtual clock: Bottleneck reads the time when it is made.
    const limiter = new Bottleneck({ minTime: 300, maxConcurrent: 1 });
    await at.clock.finish(getAll(at.api.extend(rateLimit({ limiter })), names(3)));
    const [first, second, third] = at.sentAt;
    expect(second! - first!).toBeGreaterThanOrEqual(300);
    expect(third! - second!).toBeGreaterThanOrEqual(300);
  });

  test('a weighted call is one job of its weight', async () => {
    const limiter = new Bottleneck({ maxConcurrent: 3 });
    using at = world({ limiter, weight: 2 });
    const [outcomes] = await at.clock.finish(
      Promise.all([getAll(at.api, names(2)), getAll(at.api, ['heavy'], rateLimit({ weight: 4 }))]),
    );
    expect(outcomes).toEqual(['{}', '{}']);
    expect(at.sentAt.length).toBe(2);
  });

  test.each<[string, object, string]>([
    ['drops a job', { highWater: 1, strategy: Bottleneck.strategy.OVERFLOW }, 'RATE_LIMIT_QUEUE_FULL'],
    ['takes no job of this weight', { weight: 2 }, 'RATE_LIMIT_OVERWEIGHT'],
  ])('when it %s, a call is refused', async (_, { weight = 1, ...options }: { weight?: number }, code) => {
    const limiter = new Bottleneck({ maxConcurrent: 1, ...options });
    using at = world({ limiter, weight });
    const outcomes = await at.clock.finish(getAll(at.api, names(4)));
    const refused = outcomes.filter((one) => one !== '{}');
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ code, cause: { message: /./ } });
  });

  test('when it drops a job, who comes last by priority goes without', async () => {
    const limiter = new Bottleneck({
      maxConcurrent: 1,
      highWater: 1,
      strategy: Bottleneck.strategy.OVERFLOW,
    });
    using at = world({ limiter });
    const running = outcome(at.api.get('first').text());
    await at.clock.advance(10);
    const [first, low, high, same] = await at.clock.finish(
      Promise.all([
        running,
        outcome(at.api.get('low', rateLimit({ priority: 9 })).text()),
        outcome(at.api.get('high', rateLimit({ priority: 0 })).text()),
        outcome(at.api.get('same', rateLimit({ priority: 0 })).text()),
      ]),
    );
    expect([first, high]).toEqual(['{}', '{}']);
    expect([low, same]).toMatchObject([{ code: 'RATE_LIMIT_QUEUE_FULL' }, { code: 'RATE_LIMIT_QUEUE_FULL' }]);
    expect(at.paths).toEqual(['first', 'high']);
  });

  test('when it drops a job, who weighs less than that goes on waiting', async () => {
    const limiter = new Bottleneck({ maxConcurrent: 3 });
    using at = world({ limiter });
    const running = outcome(at.api.get('first', rateLimit({ weight: 3 })).text());
    await at.clock.advance(10);
    const [light, heavy] = await at.clock.finish(
      Promise.all([
        outcome(at.api.get('light', rateLimit({ priority: 9 })).text()),
        outcome(at.api.get('heavy', rateLimit({ weight: 4 })).text()),
        running,
      ]),
    );
    expect(light).toBe('{}');
    expect(heavy).toMatchObject({ code: 'RATE_LIMIT_OVERWEIGHT' });
  });

  const crowded = { maxConcurrent: 1, highWater: 2, strategy: Bottleneck.strategy.OVERFLOW };

  test('when it drops a job, the lowest priority goes without, whoever came last', async () => {
    using at = world({ limiter: new Bottleneck(crowded) });
    const call = (priority: number): Promise<unknown> =>
      outcome(at.api.get(`p${priority}`, rateLimit({ priority })).text());
    const running = call(1);
    await at.clock.advance(10);
    const outcomes = await at.clock.finish(Promise.all([running, call(0), call(9), call(5)]));
    expect(outcomes).toMatchObject(['{}', '{}', { code: 'RATE_LIMIT_QUEUE_FULL' }, '{}']);
  });

  test('when it drops a job, a call that is sent again has come first', async () => {
    const replies = [
      { status: 503, afterMs: 10 },
      { json: {}, afterMs: 100 },
    ];
    using at = world({ limiter: new Bottleneck(crowded) }, { replies, retry: { limit: 1, delay: () => 50 } });
    const again = outcome(at.api.get('again').text());
    await at.clock.advance(20);
    const running = outcome(at.api.get('running').text());
    await at.clock.advance(5);
    const second = outcome(at.api.get('second').text());
    await at.clock.advance(5);
    const third = outcome(at.api.get('third').text());
    expect(await at.clock.finish(Promise.all([again, running, second, third]))).toMatchObject([
      '{}',
      '{}',
      '{}',
      { code: 'RATE_LIMIT_QUEUE_FULL' },
    ]);
    expect(at.paths).toEqual(['again', 'running', 'again', 'second']);
  });

  test('how long it takes nobody knows: no call is refused for want of time', async () => {
    const limiter = new Bottleneck({ maxConcurrent: 1 });
    using at = world({ limiter, queue: { limit: 2 } }, { totalTimeout: 250 });
    const [first, second, third] = await at.clock.finish(getAll(at.api, names(3)));
    expect([first, second]).toEqual(['{}', '{}']);
    expect(third).toMatchObject({ code: 'RATE_LIMIT_QUEUE_FULL', estimatedWaitMs: 0 });
  });

  const busy = { status: 429, headers: { 'retry-after': '5' } };
  const ok = { json: {}, afterMs: 10 };

  test.each([
    ['a pause of the server', busy, 6],
    // The first who comes is alone and may start: its job is under way, and lost, when the second comes.
    ['a quota that the server has set', { json: {}, headers: { ratelimit: '"a";r=1;t=5' } }, 7],
  ])('those that start spread out by %s spend of its reservoir one by one', async (_, first, reservoir) => {
    using at = world({}, { replies: [first, ok] });
    const limiter = new Bottleneck({ reservoir });
    const api = at.api.extend(rateLimit({ limiter }));
    await at.clock.finish(outcome(api.get('first')));
    const outcomes = await at.clock.finish(getAll(api, names(5), { totalTimeout: 20_000 }));
    expect(outcomes).toEqual(names(5).map(() => '{}'));
    expect(await at.clock.finish(limiter.currentReservoir())).toBe(0);
  });

  test('no more jobs wait in it than keep it busy', async () => {
    const limiter = new Bottleneck({ maxConcurrent: 1 });
    using at = world({ limiter });
    const calls = getAll(at.api, names(50));
    await at.clock.advance(10);
    expect(limiter.counts()).toMatchObject({ QUEUED: 32, EXECUTING: 1 });
    await at.clock.finish(calls);
    expect(at.paths).toEqual(names(50));
  });

  test('when it is stopped, those that wait and those that come are refused', async () => {
    const limiter = new Bottleneck({ maxConcurrent: 1 });
    using at = world({ limiter });
    const calls = getAll(at.api, names(3));
    await at.clock.advance(20);
    const stopped = limiter.stop();
    const [sent, ...refused] = await at.clock.finish(calls);
    await at.clock.finish(stopped);
    expect(sent).toBe('{}');
    for (const error of refused) expect(error).toMatchObject({ code: 'RATE_LIMIT_STOPPED' });
    expect(await at.clock.finish(outcome(at.api.get('late')))).toMatchObject({ code: 'RATE_LIMIT_STOPPED' });
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 0, waiting: 0 });
  });
});

describe('limits of our own, by jobs', () => {
  const ok = { json: {}, afterMs: 100 };

  test.each<[RateLimitOptions, number[]]>([
    [{ maxConcurrent: 2 }, [0, 0, 100, 100, 200]],
    [{ maxConcurrent: 4, weight: 2 }, [0, 0, 100, 100, 200]],
    [{ rate: { limit: 2, interval: 1_000 } }, [0, 0, 1_100, 1_100, 2_200]],
    [{ maxConcurrent: 1, rate: { limit: 2, interval: 1_000 } }, [0, 100, 1_100, 1_200, 2_200]],
    [{ minTime: 300 }, [0, 300, 600, 900, 1_200]],
  ])('hold: %o', async (options, expected) => {
    using at = world({}, { replies: [ok] });
    const limits = byJobs(options);
    const api = at.api.extend(rateLimit(false)).extend(limits);
    await at.clock.finish(getAll(api, names(5)));
    expect(at.paths).toEqual(names(5));
    const late = at.sentAt.map((ms, index) => ms - expected[index]!);
    // What the wire may take is added to a window, and a job takes some milliseconds of Bottleneck's.
    expect(
      late.every((ms) => ms >= 0 && ms <= 250),
      String(at.sentAt),
    ).toBe(true);
    expect(limits.stats().get('https://api.test')).toEqual({ running: 0, waiting: 0 });
    await at.clock.finish(limits.close());
    await at.clock.advance(50);
    expect(at.clock.timers).toBe(0);
  });

  test('a job serves one call after the other for 50 ms, and not longer', async () => {
    using at = world({}, { replies: [{ json: {}, afterMs: 25 }] });
    const limiter = new Bottleneck({ maxConcurrent: 1, trackDoneStatus: true });
    const limiters = { concurrency: limiter, windows: [], handsOn: true };
    const handing = counted((_, hooks) => new JobPermits(limiters, { windows: [] }, hooks));
    const api = at.api.extend(rateLimit(false)).extend(handing({}));
    await at.clock.finish(getAll(api, names(6)));
    expect(at.paths).toEqual(names(6));
    await at.clock.finish(limiter.stop());
    expect(limiter.counts()).toMatchObject({ EXECUTING: 0, DONE: 3 });
  });

  test('a job that serves one call after the other takes a new place in the window for each', async () => {
    const options = { maxConcurrent: 1, rate: { limit: 2, interval: 1_000 } };
    using at = world(options, { replies: [{ json: {}, afterMs: 10 }], limiting: byJobs });
    await at.clock.finish(getAll(at.api, names(3)));
    expect(at.sentAt[1]).toBeLessThan(50);
    expect(at.sentAt[2]).toBeGreaterThanOrEqual(1_000);
  });

  const heavy = ({ request }: { request: Request }): number =>
    Number(new URL(request.url).searchParams.get('w'));

  test.each<[string, RateLimitOptions]>([
    ['alone', { maxConcurrent: 3 }],
    ['with a window', { maxConcurrent: 3, rate: { limit: 100, interval: 1_000 } }],
  ])('the job of a light call does not serve a heavy one: %s', async (_, options) => {
    // The light one is back after 10 ms, and the others still have two of three.
    const replies = [
      { json: {}, afterMs: 10 },
      { json: {}, afterMs: 200 },
    ];
    using at = world({ ...options, weight: heavy }, { replies, limiting: byJobs });
    await at.clock.finish(getAll(at.api, ['light?w=1', 'a?w=2', 'heavy?w=3', 'last?w=1']));
    expect(at.paths).toEqual(['light', 'a', 'heavy', 'last']);
    const [, started, next, last] = at.sentAt;
    expect(next! - started!).toBeGreaterThanOrEqual(200);
    expect(next! - started!).toBeLessThan(220);
    expect(last! - next!).toBeGreaterThanOrEqual(200);
  });

  test('a job that nobody needs leaves all of the limit to a heavy call', async () => {
    using at = world(
      { maxConcurrent: 3, weight: heavy },
      { replies: [{ json: {}, afterMs: 10 }], limiting: byJobs },
    );
    await at.clock.finish(getAll(at.api, ['light?w=1']));
    await at.clock.finish(getAll(at.api, ['heavy?w=3']));
    expect(at.sentAt[1]).toBeLessThan(50);
  });

  test('a call above the smallest limit is refused without a job', async () => {
    using at = world(
      { maxConcurrent: 3, rate: { limit: 2, interval: 10 }, weight: heavy },
      { limiting: byJobs },
    );
    const [error] = await at.clock.finish(getAll(at.api, ['a?w=3']));
    expect(error).toMatchObject({ code: 'RATE_LIMIT_OVERWEIGHT' });
    expect(error).not.toHaveProperty('cause');
    expect(String(error)).toContain('a weight of 3 is above the limit of 2');
  });

  test('a request that was never sent leaves no trace in the window', async () => {
    using at = world({ rate: { limit: 1, interval: 60_000 } }, { limiting: byJobs });
    const refusing = layer({
      name: 'refusing',
      places: [gate({ stage: 'sign', run: () => Promise.reject(new Error('no credentials')) })],
    });
    const refused = await at.clock.finish(getAll(at.api, names(3), refusing()));
    expect(refused).toMatchObject(names(3).map(() => ({ message: 'no credentials' })));
    await at.clock.finish(getAll(at.api, ['b']));
    expect(at.sentAt.length).toBe(1);
    expect(at.sentAt[0]).toBeLessThan(100);
  });

  test('a job that nobody wants any more ends at once', async () => {
    using at = world({}, { replies: [ok] });
    const controller = new AbortController();
    const api = at.api.extend(rateLimit(false)).extend(byJobs({ maxConcurrent: 1 }));
    const first = getAll(api, ['first']);
    await at.clock.advance(10);
    const gone = getAll(api, names(3), { signal: controller.signal });
    await at.clock.advance(10);
    controller.abort('mine');
    const last = getAll(api, ['last']);
    expect(await at.clock.finish(Promise.all([first, gone, last]))).toEqual([
      ['{}'],
      ['mine', 'mine', 'mine'],
      ['{}'],
    ]);
    expect(at.paths).toEqual(['first', 'last']);
    expect(at.clock.elapsedMs).toBeLessThan(250);
  });
});

describe("a user's own Group", () => {
  test('has a limiter for each key', async () => {
    const group = new Bottleneck.Group({ maxConcurrent: 1 });
    using at = world({ limiter: group });
    await at.clock.finish(getAll(at.api, ['a', 'https://other.test/b', 'c']));
    expect(group.keys()).toEqual(['https://api.test', 'https://other.test']);
    expect(at.sentAt.map((ms) => Math.round(ms / 100))).toEqual([0, 0, 1]);
    await group.disconnect();
  });

  test('that has dropped an unused limiter, whose reservoir is refilled no more, makes another one', async () => {
    using at = world({});
    const group = new Bottleneck.Group({
      reservoir: 2,
      reservoirRefreshAmount: 2,
      reservoirRefreshInterval: 1_000,
      timeout: 10_000,
    });
    const api = at.api.extend(rateLimit({ limiter: group }));
    await at.clock.finish(getAll(api, names(2)));
    await at.clock.advance(60_000);
    expect(group.keys()).toEqual([]);
    const calls = getAll(api, names(4));
    await at.clock.settle();
    await at.clock.advance(100);
    expect(group.keys()).toEqual(['https://api.test']);
    expect(await at.clock.finish(calls)).toEqual(Array(4).fill('{}'));
    await group.disconnect();
  });
});

describe('limiter', () => {
  test('excludes limits, and is replaced by them in a refinement', async () => {
    const limiter = new Bottleneck({ maxConcurrent: 1 });
    expect(() => rateLimit({ limiter, maxConcurrent: 2 })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        faults: [expect.objectContaining({ option: 'limiter' })],
      }),
    );
    using at = world({ limiter });
    await at.clock.finish(getAll(at.api.extend(rateLimit({ maxConcurrent: 3 })), names(3)));
    expect(at.sentAt).toEqual([0, 0, 0]);
  });
});
