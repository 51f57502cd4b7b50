import { outcome } from '@kyhooks/testing';
import { layer, traceOf, verdict } from '@kyhooks/core';
import { rateLimit } from '@kyhooks/rate-limit';
import type { Reply } from '@kyhooks/testing';
import { describe, expect, test } from 'vitest';
import { getAll, names, world } from './world.ts';

const busy = (seconds: number, status = 429): Reply => ({
  status,
  headers: { 'retry-after': String(seconds) },
  afterMs: 10,
});
const ok: Reply = { json: {}, afterMs: 10 };

/** Notes a pause on the record and leaves the waiting to the gate, as `retry()` does. */
const heedful = layer({
  name: 'heedful',
  places: [
    verdict({
      decide: ({ call }) => {
        call.notBeforeMs = call.elapsedMs + 2_000;
        return { verdict: 'retry', delay: 0, reason: 'asked for' };
      },
    }),
  ],
});

describe('a pause that the server asks for', () => {
  test.each([429, 503, 403])(
    'by a %i stops the key, and what waits then starts spread out',
    async (status) => {
      using at = world({ maxConcurrent: 5 }, { replies: [busy(1, status), ok] });
      const calls = getAll(at.api, names(5));
      await at.clock.settle();
      const more = getAll(at.api, names(15, 'b'));
      await at.clock.finish(Promise.all([calls, more]));
      const starts = at.sentAt.map(Math.round);
      expect(starts.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
      const after = starts.slice(5);
      expect(after[0]).toBe(1_010);
      // 15 wait after a pause of 1 s: some 67 ms apart at first, and closer then.
      const gaps = after.slice(1).map((start, index) => start - after[index]!);
      expect(gaps[0]).toBe(67);
      expect(gaps.every((gap, index) => gap > 20 && gap <= (gaps[index - 1] ?? gap) + 1)).toBe(true);
    },
  );

  test('stops only its key', async () => {
    using at = world({}, { replies: [busy(5), ok] });
    const calls = [outcome(at.api.get('a'))];
    await at.clock.advance(20);
    calls.push(outcome(at.api.get('b')), outcome(at.api.get('https://other.test/c')));
    await at.clock.finish(Promise.all(calls));
    expect(at.sentAt).toEqual([0, 20, 5_010]);
    expect(at.paths).toEqual(['a', 'c', 'b']);
  });

  test('one pause, one waiter: what is sent again waits in line, at its old place', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: [busy(1), ok], retry: { limit: 1 } });
    const again = layer({
      name: 'again',
      places: [
        verdict({
          decide: ({ call }) => ({ verdict: 'retry', delay: call.paced ? 0 : 1_000, reason: 'asked for' }),
        }),
      ],
    });
    const api = at.api.extend(again());
    const first = outcome(api.get('first'));
    await at.clock.advance(5);
    await at.clock.finish(Promise.all([first, getAll(api, names(2))]));
    expect(at.paths).toEqual(['first', 'first', 'a0', 'a1']);
    expect(at.sentAt[1]).toBe(1_010);
  });

  test('a later, shorter one does not end it', async () => {
    using at = world({}, { replies: [busy(3), busy(1), ok] });
    const calls = names(2).map((name) => outcome(at.api.get(name)));
    await at.clock.advance(100);
    const [[, shorter]] = await at.clock.finish(Promise.all([Promise.all(calls), getAll(at.api, ['b'])]));
    expect(at.sentAt).toEqual([0, 0, 3_010]);
    expect(traceOf(shorter)?.decisions).toEqual([]);
  });

  test('the same one said twice is no news', async () => {
    using at = world({}, { replies: [busy(3), busy(3), ok] });
    const [first, second] = await at.clock.finish(getAll(at.api, names(2)));
    expect(traceOf(first)?.decisions).toMatchObject([{ verdict: 'paused' }]);
    expect(traceOf(second)?.decisions).toEqual([]);
  });

  test('a later, longer one extends it', async () => {
    using at = world({}, { replies: [busy(1), busy(3), ok] });
    const calls = getAll(at.api, names(2));
    await at.clock.advance(100);
    await at.clock.finish(Promise.all([calls, getAll(at.api, ['b'])]));
    expect(at.sentAt).toEqual([0, 0, 3_010]);
  });

  test('is in stats() and on the record', async () => {
    using at = world({}, { replies: [busy(2)] });
    const error = await at.clock.finish(outcome(at.api.get('a')));
    expect(at.limits.stats().get('https://api.test')).toEqual({
      running: 0,
      waiting: 0,
      pausedUntilMs: Date.now() + 2_000,
    });
    expect(traceOf(error)?.decisions[0]).toMatchObject({
      verdict: 'paused',
      reason: 'the server says so by retry-after',
      delayMs: 2_000,
    });
    expect(traceOf(error)).toMatchObject({ paced: true, notBeforeMs: 2_010 });
  });

  test('those whose time ends before are refused at once, those that wait too', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: [busy(30)], totalTimeout: 5_000 });
    const calls = getAll(at.api, names(2));
    await at.clock.advance(10);
    const [, waited] = await calls;
    expect(at.clock.elapsedMs).toBe(10);
    expect(traceOf(waited)?.decisions[0]?.reason).toBe('a wait of 30 s exceeds the remaining 5 s');
    expect(await outcome(at.api.get('b'))).toMatchObject({ name: 'TimeoutError' });
    expect([at.clock.elapsedMs, at.sentAt.length]).toEqual([10, 1]);
  });

  test('a refusal without one pauses nobody, and takes no time from anybody', async () => {
    using at = world(
      { maxConcurrent: 1 },
      {
        replies: [{ status: 429, afterMs: 10 }, ok],
        totalTimeout: 5_000,
        retry: { limit: 1, delay: () => 5 },
      },
    );
    const first = outcome(at.api.get('a').text());
    await at.clock.advance(5);
    const others = getAll(at.api, names(2, 'b'));
    expect(await at.clock.finish(Promise.all([first, others]))).toEqual(['{}', ['{}', '{}']]);
    expect(at.paths).toEqual(['a', 'b0', 'a', 'b1']);
    expect(at.sentAt).toEqual([0, 10, 20, 30]);
  });

  test.each<[string, Reply]>([
    ['a good answer, which says when to ask again', { status: 202, headers: { 'retry-after': '5' } }],
    ['a 400', { status: 400, headers: { 'retry-after': '5', 'x-ratelimit-remaining': '9' } }],
  ])('is none in %s', async (_, reply) => {
    using at = world({}, { replies: [reply, ok] });
    const first = await at.clock.finish(outcome(at.api.get('a')));
    await at.clock.finish(getAll(at.api, ['b']));
    expect(at.sentAt).toEqual([0, 0]);
    expect(traceOf(first)?.decisions).toEqual([]);
  });

  test('a status that is not meant for all stops only the call', async () => {
    using at = world({}, { replies: [busy(2, 500), ok], retry: { limit: 1, statusCodes: [500] } });
    const calls = [outcome(at.api.get('a'))];
    await at.clock.advance(20);
    calls.push(outcome(at.api.get('b')));
    await at.clock.finish(Promise.all(calls));
    expect(at.paths.slice(0, 2)).toEqual(['a', 'b']);
    expect(at.sentAt[1]).toBe(20);
  });

  test('followServer: false takes no notice', async () => {
    using at = world({ followServer: false }, { replies: [busy(5), ok] });
    const calls = [outcome(at.api.get('a'))];
    await at.clock.advance(20);
    const second = await at.clock.finish(outcome(at.api.get('b')));
    expect(at.sentAt).toEqual([0, 20]);
    expect(traceOf(second)?.paced).toBeUndefined();
    await Promise.all(calls);
  });
});

describe('a pause that another layer has read, in a body say', () => {
  test.each([
    [500, true, [0, 20, 2_010]], // the call alone
    [429, true, [0, 2_010, 2_260]], // all
    [500, false, [0, 10, 20]],
    [429, false, [0, 10, 20]],
  ])('by a %i, followServer %s: sent at %o', async (status, follows, sentAt) => {
    using at = world(
      { ...(!follows && { followServer: false }) },
      { replies: [{ status, afterMs: 10 }, ok], retry: 1 },
    );
    const calls = [outcome(at.api.extend(heedful()).get('a'))];
    await at.clock.advance(20);
    calls.push(outcome(at.api.get('b')));
    await at.clock.finish(Promise.all(calls));
    expect(at.sentAt.map(Math.round)).toEqual(sentAt);
  });
});

describe('a call in a pause of its own', () => {
  test('that is over needs no place in the queue', async () => {
    const replies = [{ status: 500, afterMs: 10 }, ok];
    using at = world({ queue: { limit: 0 } }, { replies, retry: 1 });
    const late = layer({
      name: 'late',
      places: [
        verdict({
          decide: ({ call }) => {
            call.notBeforeMs = call.elapsedMs + 1_000;
            return { verdict: 'retry', delay: 1_500, reason: 'asked for' };
          },
        }),
      ],
    });
    expect(await at.clock.finish(outcome(at.api.extend(late()).get('a').text()))).toBe('{}');
    expect(at.sentAt).toEqual([0, 1_510]);
  });

  const busyOnce = [{ status: 500, headers: { 'retry-after': '2' }, afterMs: 10 }, ok];

  test('is one of those that wait', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: busyOnce, retry: 1 });
    const call = outcome(at.api.extend(heedful()).get('a').text());
    await at.clock.advance(20);
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 0, waiting: 1 });
    expect(await at.clock.finish(call)).toBe('{}');
    expect(at.sentAt).toEqual([0, 2_010]);
  });

  test('is refused when the limiter is closed, and sends nothing behind that', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: busyOnce, retry: 1 });
    const call = outcome(at.api.extend(heedful()).get('a'));
    await at.clock.advance(20);
    await at.limits.close();
    expect(await call).toMatchObject({ name: 'HTTPError', response: { status: 500 } });
    expect(traceOf(await call)?.decisions.at(-1)).toMatchObject({ verdict: 'refused' });
    expect([at.clock.elapsedMs, at.clock.timers, at.sentAt.length]).toEqual([20, 0, 1]);
  });

  test('is served first by a limiter that drains', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: busyOnce, retry: 1 });
    const call = outcome(at.api.extend(heedful()).get('a').text());
    await at.clock.advance(20);
    const closed = at.limits.close({ drain: true }).then(() => at.clock.elapsedMs);
    expect(await at.clock.finish(call)).toBe('{}');
    expect(await closed).toBe(2_020);
  });

  test('keeps a limiter that drains no longer than it waits itself', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: busyOnce, retry: 1 });
    const controller = new AbortController();
    const call = outcome(at.api.extend(heedful()).get('a', { signal: controller.signal }));
    await at.clock.advance(20);
    const closed = at.limits.close({ drain: true });
    controller.abort('mine');
    expect(await call).toBe('mine');
    await closed;
    expect([at.clock.elapsedMs, at.clock.timers, at.sentAt.length]).toEqual([20, 0, 1]);
  });

  test('leaves when all have to wait longer than it can', async () => {
    const replies = [...busyOnce.slice(0, 1), busy(30), ok];
    using at = world({}, { replies, retry: 1, totalTimeout: 10_000 });
    const call = outcome(at.api.extend(heedful()).get('a'));
    await at.clock.advance(20);
    const other = outcome(at.api.get('b', { retry: 0 }));
    await at.clock.advance(20);
    expect(await call).toMatchObject({ name: 'HTTPError', response: { status: 500 } });
    await other;
    expect([at.clock.elapsedMs, at.clock.timers, at.sentAt.length]).toEqual([40, 0, 2]);
  });

  test('its key is not forgotten meanwhile, or what it takes would be handed out twice', async () => {
    const key = ({ request }: { request: Request }): string => request.url;
    using at = world(
      { maxConcurrent: 1, key },
      { replies: [...busyOnce.slice(0, 1), { hang: true }], retry: 1 },
    );
    void outcome(at.api.extend(heedful()).get('a'));
    await at.clock.advance(20);
    for (const name of names(1_100, 'b')) void outcome(at.api.get(name));
    await at.clock.advance(1_000);
    void outcome(at.api.get('a'));
    await at.clock.advance(2_000);
    expect(at.paths.filter((path) => path === 'a')).toEqual(['a', 'a']);
    expect(at.limits.stats().get('https://api.test/a')).toEqual({ running: 1, waiting: 1 });
  });
});

describe('maxPause', () => {
  test('a pause of just as long is waited for', async () => {
    using at = world({ followServer: { maxPause: 10_000 }, maxConcurrent: 1 }, { replies: [busy(10), ok] });
    const calls = getAll(at.api, names(2));
    await at.clock.advance(10);
    await at.clock.finish(Promise.all([calls, getAll(at.api, ['b'])]));
    expect(at.paths).toEqual(['a0', 'a1', 'b']);
  });

  test('a pause until the very end of the call is too long', async () => {
    const replies = [{ status: 429, headers: { 'retry-after-ms': '4990' }, afterMs: 10 }, ok];
    using at = world({ maxConcurrent: 1 }, { replies, totalTimeout: 5_000 });
    const calls = getAll(at.api, names(2));
    await at.clock.advance(10);
    expect((await calls)[1]).toMatchObject({ name: 'TimeoutError' });
  });

  test('a longer pause refuses calls until it ends', async () => {
    using at = world({ followServer: { maxPause: 10_000 }, maxConcurrent: 1 }, { replies: [busy(20), ok] });
    const outcomes = await at.clock.finish(getAll(at.api, names(2)));
    expect(outcomes).toMatchObject([
      { name: 'HTTPError' },
      {
        code: 'RATE_LIMIT_PAUSED',
        estimatedWaitMs: 20_000,
        message: expect.stringContaining(
          "the server's pause of 20000 ms exceeds followServer.maxPause of 10000 ms",
        ),
      },
    ]);
    expect(await outcome(at.api.get('b'))).toMatchObject({ code: 'RATE_LIMIT_PAUSED' });
    // Who is more patient may wait.
    await at.clock.finish(at.api.get('c', rateLimit({ followServer: { maxPause: 30_000 } })));
    expect(at.sentAt).toEqual([0, 20_010]);
    await at.clock.finish(at.api.get('d'));
  });

  test('a call that is sent again ends with the answer in hand', async () => {
    using at = world(
      { followServer: { maxPause: 500 } },
      { replies: [busy(2), ok], retry: { limit: 1, delay: () => 1 } },
    );
    const api = at.api.extend({ retry: { afterStatusCodes: [] } });
    const error = await at.clock.finish(outcome(api.get('a')));
    expect(error).toMatchObject({ name: 'HTTPError', response: { status: 429 } });
    expect(traceOf(error)?.decisions.at(-1)).toMatchObject({ verdict: 'refused' });
    expect(at.sentAt).toEqual([0]);
  });
});

describe('what is left of a quota', () => {
  const left = (remaining: number, reset: number): Reply => ({
    json: {},
    headers: { 'x-ratelimit-remaining': String(remaining), 'x-ratelimit-reset': String(reset) },
    afterMs: 10,
  });
  const hinted = (value: string): Reply => ({ json: {}, headers: { ratelimit: value }, afterMs: 10 });

  test.each([left(0, 3), hinted('"default";r=0;t=3')])(
    'nothing: nothing starts until it is full again',
    async (reply) => {
      using at = world({ maxConcurrent: 1 }, { replies: [reply, ok] });
      const [first] = await at.clock.finish(Promise.all([at.api.get('a'), at.api.get('b')]));
      expect(at.sentAt).toEqual([0, 3_010]);
      expect(traceOf(first)?.notBeforeMs).toBeUndefined();
    },
  );

  test.each([200, 404, 500])(
    'nothing, said by a %i: nothing starts until it is full again',
    async (status) => {
      const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '3' };
      using at = world({}, { replies: [{ status, headers, afterMs: 10 }, ok] });
      const first = await at.clock.finish(outcome(at.api.get('a')));
      await at.clock.finish(at.api.get('b'));
      expect(at.sentAt).toEqual([0, 3_010]);
      expect(traceOf(first)).toMatchObject({
        decisions: [{ reason: 'the server says so by x-ratelimit-reset', delayMs: 3_000 }],
      });
      expect(traceOf(first)?.notBeforeMs).toBeUndefined();
    },
  );

  test('not known, or not of this hour: a failure that is no refusal stops nothing', async () => {
    const unknown = { 'x-ratelimit-reset': '3' };
    const far = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '3600' };
    const replies = [unknown, far, {}].map((headers): Reply => ({ status: 404, headers, afterMs: 10 }));
    using at = world({}, { replies });
    for (const path of names(3)) await at.clock.finish(outcome(at.api.get(path)));
    expect(at.sentAt).toEqual([0, 10, 20]);
  });

  test('enough for those that wait: they are not slowed down', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: [hinted('"a";r=4;t=10'), ok] });
    await at.clock.finish(getAll(at.api, names(5)));
    expect(at.sentAt).toEqual([0, 10, 20, 30, 40]);
  });

  test('too little for those that wait: what is left is spread over the time, and not exceeded', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: [hinted('"a";r=2;t=9'), ok] });
    await at.clock.finish(getAll(at.api, names(5)));
    const starts = at.sentAt.map(Math.round);
    expect(starts.filter((start) => start > 0 && start < 9_010).length).toBe(2);
    expect(starts[1]).toBeGreaterThan(2_000);
    expect(starts[3]).toBe(9_010);
  });

  test.each(['"a";r=2;t=9, "b";r=100;t=9', '"b";r=100;t=9, "a";r=2;t=9'])(
    'of several, the one that allows least: %s',
    async (value) => {
      using at = world({ maxConcurrent: 1 }, { replies: [hinted(value), ok] });
      await at.clock.finish(getAll(at.api, names(5)));
      expect(Math.round(at.sentAt[3]!)).toBe(9_010);
    },
  );

  test('what is under way may be counted by the server later', async () => {
    const slow: Reply = { json: {}, afterMs: 1_000 };
    using at = world({ maxConcurrent: 3 }, { replies: [hinted('"a";r=2;t=9'), slow, slow, ok] });
    await at.clock.finish(getAll(at.api, names(4)));
    expect(at.sentAt).toEqual([0, 0, 0, 9_010]);
  });

  test('a new word of it counts at once, for those that wait too', async () => {
    // The permits are held by bodies that nobody reads: nothing else wakes those that wait.
    const replies = [hinted('"a";r=1;t=50'), { ...hinted('"a";r=100;t=50'), afterMs: 1_000 }, ok];
    using at = world({ hold: 'body' }, { replies });
    const calls = [at.api.get('a')];
    await at.clock.advance(5);
    calls.push(at.api.get('b'));
    await at.clock.advance(10);
    calls.push(...names(3, 'c').map((name) => at.api.get(name)));
    await at.clock.finish(Promise.all(calls));
    expect(at.sentAt).toEqual([0, 5, 1_005, 1_005, 1_005]);
  });

  test('a time of just maxPause slows down', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: [hinted('"a";r=2;t=60'), ok] });
    await at.clock.finish(getAll(at.api, names(5)));
    expect(at.sentAt[3]).toBe(60_010);
  });

  test('a longer time than maxPause slows nothing down', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: [hinted('"a";r=2;t=61'), ok] });
    await at.clock.finish(getAll(at.api, names(5)));
    expect(at.sentAt).toEqual([0, 10, 20, 30, 40]);
  });

  test('a time of just maxPause in a good answer is waited for', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: [left(0, 60), ok] });
    await at.clock.finish(getAll(at.api, names(2)));
    expect(at.sentAt).toEqual([0, 60_010]);
  });

  test('a time beyond maxPause in a good answer is left for the server to say', async () => {
    using at = world({ maxConcurrent: 1 }, { replies: [left(0, 3_600), ok] });
    await at.clock.finish(getAll(at.api, names(2)));
    expect(at.sentAt).toEqual([0, 10]);
  });

  test('other units than requests are none of ours', async () => {
    const bytes: Reply = {
      json: {},
      headers: { 'ratelimit-policy': '"b";q=9;qu="content-bytes"', ratelimit: '"b";r=1;t=50' },
    };
    using at = world({ maxConcurrent: 1 }, { replies: [bytes] });
    await at.clock.finish(getAll(at.api, names(4)));
    expect(at.sentAt).toEqual([0, 0, 0, 0]);
  });
});
