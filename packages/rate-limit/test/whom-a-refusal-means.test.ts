import { type Decision, layer, onSettled, traceOf, verdict } from '@kyhooks/core';
import { rateLimit } from '@kyhooks/rate-limit';
import { bucket, outcome, rounding, seeded, singly, virtualClock, window } from '@kyhooks/testing';
import Bottleneck from 'bottleneck';
import ky, { type KyInstance, type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { names } from './world.ts';

/** Sends again what is refused, up to ten times, and leaves the waiting to the gate. */
const again: Options = { retry: { limit: 10, delay: () => 0, jitter: undefined } };

interface Sent {
  readonly path: string;
  readonly atMs: number;
}

interface Server extends Disposable {
  readonly api: KyInstance;
  readonly clock: ReturnType<typeof virtualClock>;
  readonly sent: Sent[];
  /** Of all calls. */
  readonly decisions: Decision[];
  /** When these were sent. */
  at(path: string): number[];
  /** How many were refused. */
  readonly refused: number;
}

/** A server that answers after 10 ms, by a rule: so many milliseconds of pause, or none. */
function server(
  pauseOf: (sent: Sent, times: number) => number | undefined,
  options: Parameters<typeof rateLimit>[0] = {},
  wayMs: () => number = () => 5,
): Server {
  const clock = virtualClock();
  const sent: Sent[] = [];
  const decisions: Decision[] = [];
  let refused = 0;
  const wait = (ms: number): Promise<void> => new Promise((go) => void setTimeout(go, ms));
  const fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const path = new URL((input as Request).url).pathname.slice(1);
    const one = { path, atMs: clock.elapsedMs };
    sent.push(one);
    const times = sent.filter((other) => other.path === path).length;
    await wait(wayMs());
    const pause = pauseOf({ path, atMs: clock.elapsedMs }, times);
    await wait(wayMs());
    if (pause === undefined) return new Response('{}');
    refused++;
    return new Response('', { status: 429, headers: { 'retry-after-ms': String(pause) } });
  };
  const api = ky
    .create({ fetch, baseUrl: 'https://api.test/', ...again })
    .extend(rateLimit(options))
    .extend(onSettled((call) => decisions.push(...call.decisions)));
  return {
    api,
    clock,
    sent,
    decisions,
    at: (path) => sent.filter((one) => one.path === path).map(({ atMs }) => Math.round(atMs)),
    get refused() {
      return refused;
    },
    [Symbol.dispose]: () => clock.uninstall(),
  };
}

/** Calls of which one is refused time and again, and the others are not. */
const busyUser =
  (times = Infinity, pauseMs = 1_000) =>
  ({ path }: Sent, time: number): number | undefined =>
    path === 'busy' && time <= times ? pauseMs : undefined;

const text = async (api: KyInstance, path: string, options?: Options): Promise<unknown> =>
  outcome(api.get(path, options).text());

/** `busy` is sent, and behind its refusal as many others as there are names. */
async function meet(at: Server, others: readonly string[], options?: Options): Promise<Promise<unknown>[]> {
  const calls = [text(at.api, 'busy')];
  await at.clock.advance(20);
  calls.push(...others.map((path) => text(at.api, path, options)));
  return calls;
}

describe('a server that throttles single users', () => {
  test('is found out by a scout, which is sent when one that has waited is refused again', async () => {
    using at = server(busyUser(3));
    const calls = await meet(at, names(4));
    expect(await at.clock.finish(Promise.all(calls))).toEqual(Array(5).fill('{}'));
    // Refused at 10 and at 1,020 ms. The one that came last passes in the pause, and ends it for the others.
    expect(at.at('busy')).toEqual([0, 1_010, 2_020, 3_030]);
    expect(at.at('a3')).toEqual([1_020]);
    const others = names(3).map((name) => at.at(name)[0]!);
    expect(others[0]).toBe(1_030);
    expect(Math.max(...others)).toBeLessThan(2_020);
  });

  test('stops nobody else from then on', async () => {
    using at = server(busyUser());
    const calls = await meet(at, names(2));
    await at.clock.advance(5_000);
    const start = at.clock.elapsedMs;
    for (const name of names(3, 'b')) {
      expect(await at.clock.finish(text(at.api, name))).toBe('{}');
    }
    expect(at.clock.elapsedMs - start).toBe(30);
    await at.clock.finish(Promise.all(calls));
    expect(at.at('busy')).toHaveLength(11);
  });

  test('the refused call alone waits as long as it was told, and its record says so', async () => {
    using at = server(({ path }, time) => (path.startsWith('busy') && time <= 3 ? 1_000 : undefined));
    await at.clock.finish(Promise.all(await meet(at, names(2))));
    const response = await at.clock.finish(at.api.get('busy/2'));
    const [, second, third] = at.at('busy/2');
    expect([second! - at.at('busy/2')[0]!, third! - second!]).toEqual([1_010, 1_010]);
    expect(traceOf(response)?.decisions.filter((one) => one.layer === 'rateLimit')).toMatchObject([
      { verdict: 'paused', reason: 'the server says so by retry-after-ms, to this call', delayMs: 1_000 },
      { attempt: 2, verdict: 'paused' },
      { attempt: 3, verdict: 'paused' },
    ]);
    expect(traceOf(response)?.attempts[1]?.queuedMs).toBeCloseTo(1_000);
  });

  test('the record of the scout says why it was sent in a pause', async () => {
    using at = server(busyUser(3));
    const calls = [text(at.api, 'busy')];
    await at.clock.advance(20);
    const response = await at.clock.finish(at.api.get('scout'));
    expect(at.at('scout')).toEqual([1_020]);
    expect(traceOf(response)?.decisions).toMatchObject([
      { verdict: 'note', reason: 'not refused though there is a pause: refusals mean single calls' },
    ]);
    await at.clock.finish(Promise.all(calls));
  });

  test.each([
    ['maxConcurrent: 1', { maxConcurrent: 1 }],
    ['minTime', { minTime: 5 }],
    ['a rate', { rate: { limit: 10, interval: 1_000 } }],
  ])('is found out with %s too', async (_, options) => {
    using at = server(busyUser(4), options);
    await at.clock.finish(Promise.all(await meet(at, names(3))));
    expect(at.at('a2')[0]).toBeLessThan(1_040);
    expect(Math.max(at.at('a0')[0]!, at.at('a1')[0]!)).toBeLessThan(2_000);
  });

  test.each([
    ['minTime', { minTime: 300 }, 3_310],
    ['a rate', { rate: { limit: 1, interval: 300 } }, 3_323],
  ])('the scout waits for its permit, with %s', async (_, options, atMs) => {
    using at = server(busyUser(4, 3_000), options);
    await at.clock.finish(Promise.all(await meet(at, names(3))));
    expect(at.at('a2')).toEqual([atMs]);
    expect(Math.max(at.at('a0')[0]!, at.at('a1')[0]!)).toBeLessThan(6_000);
  });

  test('is found out though the refused call took its time to be sent again', async () => {
    using at = server(busyUser(4), {}, () => 50);
    const slow = layer({
      name: 'slow',
      places: [
        verdict({
          decide: async ({ call, response }) => {
            if (response?.status !== 429) return undefined;
            await new Promise((go) => void setTimeout(go, 40));
            call.notBeforeMs = call.elapsedMs + 1_000;
            return { verdict: 'retry', delay: 0, reason: 'asked for' };
          },
        }),
      ],
    });
    const calls = [text(at.api.extend(slow()), 'busy')];
    await at.clock.advance(120);
    calls.push(...names(3).map((path) => text(at.api, path)));
    await at.clock.finish(Promise.all(calls));
    const [, second, third] = at.at('busy');
    expect(at.at('a2')).toEqual([second! + 100]);
    expect(Math.max(at.at('a0')[0]!, at.at('a1')[0]!)).toBeLessThan(third!);
  });

  test('there is no scout when the pause is over: who comes then stands in line', async () => {
    using at = server(busyUser(2), { maxConcurrent: 3 });
    const long = async (): Promise<Response> => {
      await new Promise((go) => void setTimeout(go, 5_000));
      return new Response('{}');
    };
    const calls = [text(at.api, 'busy', rateLimit({ weight: 2 }))];
    calls.push(text(at.api.extend({ fetch: long }), 'long'));
    await at.clock.advance(1_500);
    calls.push(text(at.api, 'heavy', rateLimit({ weight: 3, priority: 0 })));
    await at.clock.advance(600);
    calls.push(text(at.api, 'light'));
    await at.clock.finish(Promise.all(calls));
    expect(at.sent.map(({ path }) => path)).toEqual(['busy', 'busy', 'heavy', 'busy', 'light']);
  });

  test("is found out through a user's own Bottleneck", async () => {
    using at = server(busyUser(4), { limiter: new Bottleneck({ maxConcurrent: 5 }) });
    await at.clock.finish(Promise.all(await meet(at, names(3))));
    expect(at.at('a2')[0]).toBeLessThan(1_100);
    expect(Math.max(at.at('a0')[0]!, at.at('a1')[0]!)).toBeLessThan(2_000);
  });

  test('a call that comes in the pause can be the scout', async () => {
    using at = server(busyUser(3));
    const calls = [text(at.api, 'busy')];
    await at.clock.advance(1_500);
    calls.push(text(at.api, 'a0'));
    expect(await at.clock.finish(Promise.all(calls))).toEqual(['{}', '{}']);
    expect(at.at('a0')).toEqual([1_500]);
  });

  test('a pause of its own is kept, however short it is', async () => {
    using at = server(({ path }, time) => {
      if (path === 'short') return time <= 3 ? 8 : undefined;
      return path === 'busy' && time <= 3 ? 1_000 : undefined;
    });
    await at.clock.finish(Promise.all(await meet(at, names(2))));
    const start = Math.round(at.clock.elapsedMs);
    await at.clock.finish(text(at.api, 'short'));
    expect(at.at('short').map((atMs) => atMs - start)).toEqual([0, 18, 36, 54]);
  });

  test('who cannot wait so long by itself ends at once, with the answer in hand', async () => {
    using at = server(({ path }, time) => {
      if (path === 'late') return 20_000;
      return path === 'busy' && time <= 3 ? 1_000 : undefined;
    });
    await at.clock.finish(Promise.all(await meet(at, names(2))));
    await at.clock.advance(10_000);
    const start = at.clock.elapsedMs;
    const late = await at.clock.finish(text(at.api, 'late', { totalTimeout: 5_000 }));
    expect(late).toMatchObject({ name: 'HTTPError', response: { status: 429 } });
    expect(at.clock.elapsedMs - start).toBe(10);
    const impatient = rateLimit({ followServer: { maxPause: 10_000 } });
    const refused = await at.clock.finish(text(at.api, 'late', impatient));
    expect(refused).toMatchObject({ name: 'HTTPError' });
    expect(traceOf(refused)?.decisions.at(-1)).toMatchObject({
      verdict: 'refused',
      reason: expect.stringContaining('exceeds followServer.maxPause of 10000 ms'),
    });
  });
});

/** Answers after so many milliseconds that nothing is left of a quota for 3 s. */
const spentAfter = (ms: number) => async (): Promise<Response> => {
  await new Promise((go) => void setTimeout(go, ms));
  return new Response('{}', { headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '3' } });
};

/** A server that was found to throttle single users, some time ago; now it refuses all whose names begin with b, once. */
async function relapsed(): Promise<Server> {
  const at = server(({ path }, time) => {
    if (path === 'busy') return time <= 3 ? 1_000 : undefined;
    return path.startsWith('b') && time === 1 ? 2_000 : undefined;
  });
  await at.clock.finish(Promise.all(await meet(at, names(2))));
  await at.clock.advance(10_000);
  return at;
}

describe('a server that throttles everybody', () => {
  const everybody = ({ atMs }: Sent): number | undefined => (atMs < 3_000 ? 1_000 : undefined);

  test('refuses the scout too, and the pause holds', async () => {
    using at = server(everybody);
    const calls = await meet(at, names(4));
    expect(await at.clock.finish(Promise.all(calls))).toEqual(Array(5).fill('{}'));
    // One scout for each pause behind which the same call was refused again.
    const early = at.sent
      .filter(({ atMs }) => atMs < 3_000)
      .map(({ path, atMs }) => [path, Math.round(atMs)]);
    expect(early.slice(0, 5)).toEqual([
      ['busy', 0],
      ['busy', 1_010],
      ['a3', 1_020],
      ['busy', 2_030],
      ['a2', 2_040],
    ]);
    expect(early).toHaveLength(5);
  });

  test('a call that is refused for the first time behind a pause sends no scout', async () => {
    using at = server(({ path, atMs }) => (path === 'b' || atMs < 100 ? 1_000 : undefined));
    void text(at.api, 'a', { retry: 0 });
    await at.clock.advance(20);
    const calls = ['b', 'c', 'd'].map(async (path) => text(at.api, path, { retry: 0 }));
    await at.clock.finish(Promise.all(calls));
    expect([at.at('b'), at.at('c')]).toEqual([[1_010], [2_020]]);
  });

  test('calls that cannot wait for the pause are refused, and none of them is the scout', async () => {
    using at = server(({ path }, time) => {
      if (path !== 'busy' || time > 3) return undefined;
      return time === 1 ? 1_000 : 3_000;
    });
    const calls = await meet(at, names(2), { totalTimeout: 2_500 });
    await at.clock.advance(1_010);
    for (const error of await Promise.all(calls.slice(1))) {
      expect(error).toMatchObject({ name: 'TimeoutError' });
      expect(traceOf(error)?.decisions).toMatchObject([
        { verdict: 'refused', reason: 'a wait of 3 s exceeds the remaining 1.5 s' },
      ]);
    }
    await at.clock.finish(Promise.all(calls));
    expect(new Set(at.sent.map(({ path }) => path))).toEqual(new Set(['busy']));
  });

  test('a longer pause for a spent quota, there already, is not ended by a scout', async () => {
    using at = server(busyUser(2));
    const calls = [text(at.api.extend({ fetch: spentAfter(1_015) }), 'slow'), ...(await meet(at, names(2)))];
    await at.clock.finish(Promise.all(calls));
    // It is refused again at 1,020 ms, and nothing may start until 4,015 ms.
    expect(at.sent.map(({ atMs }) => Math.round(atMs)).slice(0, 3)).toEqual([0, 1_010, 4_015]);
  });

  test('a pause for a spent quota is not ended by a scout', async () => {
    using at = server(busyUser(2));
    const calls = [text(at.api.extend({ fetch: spentAfter(1_025) }), 'slow'), ...(await meet(at, names(2)))];
    await at.clock.finish(Promise.all(calls));
    // The scout is sent at 1,020 ms; before it is answered, the slow answer says that nothing is left for 3 s.
    expect(at.at('a1')).toEqual([1_020]);
    expect(Math.min(...at.at('a0'), at.at('busy').at(-1)!)).toBe(4_025);
  });

  test.each([
    [9, false],
    [10, true],
  ])('after single users: %i refusals one upon the other stop the others: %s', async (count, stops) => {
    using at = await relapsed();
    const start = at.clock.elapsedMs;
    const calls = names(count, 'b').map(async (path) => text(at.api, path));
    await at.clock.advance(20);
    calls.push(text(at.api, 'free'));
    await at.clock.finish(Promise.all(calls));
    expect(at.at('free')[0]! - start >= 2_000).toBe(stops);
  });

  test('one that was refused before, and is taken in between, does not', async () => {
    using at = await relapsed();
    await at.clock.finish(Promise.all(names(5, 'b').map(async (path) => text(at.api, path))));
    const start = at.clock.elapsedMs;
    const calls = names(5, 'bb').map(async (path) => text(at.api, path));
    await at.clock.advance(20);
    calls.push(text(at.api, 'free'));
    await at.clock.finish(Promise.all(calls));
    expect(at.at('free')[0]! - start).toBeGreaterThanOrEqual(2_000);
  });

  test('one that is not refused in between begins the count anew', async () => {
    using at = await relapsed();
    const start = at.clock.elapsedMs;
    const calls = [...names(9, 'b'), 'ok', ...names(9, 'bb')].map(async (path) => text(at.api, path));
    await at.clock.advance(20);
    calls.push(text(at.api, 'free'));
    await at.clock.finish(Promise.all(calls));
    expect(at.at('free')[0]! - start).toBe(20);
  });
});

describe('behind a pause', () => {
  test('one starts, and each that the server takes lets two more start', async () => {
    using at = server(
      ({ atMs }) => (atMs < 30 ? 100 : undefined),
      {},
      () => 25,
    );
    void text(at.api, 'first', { retry: 0 });
    await at.clock.advance(60);
    await at.clock.finish(Promise.all(names(20).map(async (path) => text(at.api, path))));
    const starts = at.sent.slice(1).map(({ atMs }) => Math.round(atMs) - 150);
    // 10 ms apart, as far as answers have come: the first after 50 ms, those of the next two 50 ms later.
    expect(starts.slice(0, 8)).toEqual([0, 50, 60, 100, 110, 120, 130, 150]);
  });

  test('what was sent before it lets nobody start', async () => {
    using at = server(
      ({ path }) => (path === 'first' ? 1_000 : undefined),
      {},
      () => 25,
    );
    const calls = [text(at.api, 'first', { retry: 0 })];
    await at.clock.advance(20);
    calls.push(...names(20, 'sent').map((path) => text(at.api, path)));
    await at.clock.advance(40);
    calls.push(...names(100).map((path) => text(at.api, path)));
    await at.clock.finish(Promise.all(calls));
    const starts = at.sent.slice(21).map(({ atMs }) => Math.round(atMs) - 1_050);
    expect(starts.slice(0, 7)).toEqual([0, 50, 60, 100, 110, 120, 130]);
  });

  test('one that is not answered keeps the next one for 250 ms', async () => {
    using at = server(
      ({ atMs }) => (atMs < 10 ? 100 : undefined),
      {},
      () => (at.sent.length > 1 ? 5_000 : 5),
    );
    void text(at.api, 'first', { retry: 0 });
    await at.clock.advance(20);
    await at.clock.finish(Promise.all(names(4).map(async (path) => text(at.api, path, { timeout: false }))));
    expect(at.sent.slice(1).map(({ atMs }) => Math.round(atMs) - 110)).toEqual([0, 250, 500, 750]);
  });
});

describe.each([4, 20])(
  '200 calls, %i at a time, with three retries and no limits of their own',
  (workers) => {
    const run = async (at: Server): Promise<number> => {
      const paths = names(200, 'u');
      let right = 0;
      const work = async (): Promise<void> => {
        for (let path = paths.shift(); path; path = paths.shift())
          if ((await text(at.api, path, { retry: { ...(again.retry as object), limit: 3 } })) === '{}')
            right++;
      };
      await at.clock.finish(Promise.all(Array.from({ length: workers }, work)));
      return right;
    };
    const way = (): (() => number) => {
      const random = seeded(7);
      return () => 10 + random() * 30;
    };

    test.each([
      ['a bucket that says it exactly', () => bucket(5, 5, rounding.exact), 190],
      ['a bucket that says whole seconds', () => bucket(5, 5, rounding.wholeSeconds), 200],
      ['a bucket without bursts', () => bucket(2, 1, rounding.exact), 190],
      ['a bucket without bursts that says whole seconds', () => bucket(2, 1, rounding.wholeSeconds), 190],
      ['a window', () => window(10), 200],
    ])('for everybody, %s: they come through', async (_, make, least) => {
      using at = server(make(), {}, way());
      expect(await run(at)).toBeGreaterThanOrEqual(least);
      expect(at.decisions.some(({ reason }) => reason.endsWith('to this call'))).toBe(false);
    });

    test('for single users: the others do not wait for them', async () => {
      using at = server(
        singly((path) => path.endsWith('7'), 2, 1_000),
        {},
        way(),
      );
      expect(await run(at)).toBe(200);
      // 200 of 50 ms, by so many workers, and two pauses for a tenth of them; found out within 2 s.
      expect(at.clock.elapsedMs).toBeLessThan((2 * (200 * 50 + 40 * 1_000)) / workers + 2_000);
      expect(at.refused).toBe(40);
      expect(at.decisions.some(({ reason }) => reason.endsWith('to this call'))).toBe(true);
    });
  },
);
