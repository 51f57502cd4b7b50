import { outcome } from '@kyhooks/testing';
import { gate, layer, traceOf, wait } from '@kyhooks/core';
import { type Asked, rateLimit } from '@kyhooks/rate-limit';
import { describe, expect, test } from 'vitest';
import { byJobs } from './by-jobs.ts';
import { getAll, names, world } from './world.ts';

describe('maxConcurrent', () => {
  test('lets so many run at a time, first come first served', async () => {
    using at = world({ maxConcurrent: 2 });
    await at.clock.finish(getAll(at.api, names(5)));
    expect(at.sentAt).toEqual([0, 0, 100, 100, 200]);
    expect(at.paths).toEqual(names(5));
  });

  test('a permit is free while a call waits to be sent again', async () => {
    const replies = [
      { status: 503, afterMs: 10 },
      { json: {}, afterMs: 10 },
    ];
    using at = world({ maxConcurrent: 1 }, { replies, retry: { limit: 1, delay: () => 500 } });
    await at.clock.finish(getAll(at.api, names(2)));
    expect(at.sentAt).toEqual([0, 10, 510]);
    expect(at.paths).toEqual(['a0', 'a1', 'a0']);
  });

  test('a call that is sent again keeps the place of its start', async () => {
    const replies = [
      { status: 503, afterMs: 100 },
      { json: {}, afterMs: 100 },
    ];
    using at = world({ maxConcurrent: 1 }, { replies, retry: { limit: 1, delay: () => 50 } });
    const first = outcome(at.api.get('first'));
    await at.clock.advance(10);
    await at.clock.finish(Promise.all([first, getAll(at.api, names(3))]));
    expect(at.paths).toEqual(['first', 'a0', 'first', 'a1', 'a2']);
  });
});

describe('rate', () => {
  test('lets a burst through, and then nothing until it has left the window', async () => {
    using at = world({ rate: { limit: 3, interval: 1_000 } });
    await at.clock.finish(getAll(at.api, names(7)));
    // The server may have seen it as late as the answer, at 100 ms; 3 ms are kept for the clocks.
    expect(at.sentAt).toEqual([0, 0, 0, 1_103, 1_103, 1_103, 2_206]);
  });

  test('counts a slow answer for a second at most, so that it does not hold the window', async () => {
    using at = world({ rate: { limit: 1, interval: 2_000 } }, { replies: [{ json: {}, afterMs: 5_000 }] });
    await at.clock.finish(getAll(at.api, names(2)));
    expect(at.sentAt).toEqual([0, 5_000]);
  });

  test.each([
    // Longer than the interval: it has left the window when it is answered.
    [200, 600, 600],
    // It took 1.5 s more than the second that is counted.
    [2_000, 2_500, 3_003],
  ])('in a window of %i ms an answer that takes %i ms', async (interval, afterMs, next) => {
    using at = world({ rate: { limit: 1, interval } }, { replies: [{ json: {}, afterMs }] });
    await at.clock.finish(getAll(at.api, names(2)));
    expect(at.sentAt).toEqual([0, next]);
  });

  test('counts a request that is sent again from when that was sent', async () => {
    const replies = [
      { status: 503, afterMs: 100 },
      { json: {}, afterMs: 100 },
    ];
    using at = world(
      { rate: { limit: 1, interval: 1_000 } },
      { replies, retry: { limit: 1, delay: () => 2_000 } },
    );
    const first = outcome(at.api.get('a'));
    await at.clock.advance(2_150);
    await at.clock.finish(Promise.all([first, at.api.get('b')]));
    expect(at.sentAt).toEqual([0, 2_100, 3_203]);
  });

  test('holds when more than a thousand have left it and others are still in it', async () => {
    using at = world(
      { rate: { limit: 1_200, interval: 1_000 }, queue: { limit: 5_000 } },
      { replies: [{ json: {} }] },
    );
    await at.clock.finish(getAll(at.api, names(1_100)));
    await at.clock.advance(500);
    await at.clock.finish(getAll(at.api, names(50, 'b')));
    await at.clock.advance(600);
    await at.clock.finish(getAll(at.api, names(20, 'c')));
    // 1,070 are in it, whatever was there before.
    const heavy = [at.api.get('d', rateLimit({ weight: 1_130 })), at.api.get('e', rateLimit({ weight: 1 }))];
    await at.clock.finish(Promise.all(heavy));
    expect(at.sentAt.slice(-2)).toEqual([1_100, 1_503]);
  });

  test('several windows hold together', async () => {
    using at = world({
      rate: [
        { limit: 2, interval: 100 },
        { limit: 3, interval: 1_000 },
      ],
    });
    await at.clock.finish(getAll(at.api, names(4)));
    expect(at.sentAt).toEqual([0, 0, 203, 1_103]);
  });

  test('a request that was never sent leaves no trace in the window', async () => {
    using at = world({ rate: { limit: 1, interval: 60_000 } });
    const refusing = { hooks: { beforeRequest: [() => new Response('from a hook')] } };
    await at.clock.finish(getAll(at.api, names(3), refusing));
    await at.clock.finish(at.api.get('b').text());
    expect(at.sentAt).toEqual([0]);
  });
});

describe('minTime', () => {
  test('holds between two that start, also where the windows have room', async () => {
    using at = world({ minTime: 30, rate: { limit: 10, interval: 100 } }, { replies: [{ json: {} }] });
    await at.clock.finish(getAll(at.api, names(4)));
    expect(at.sentAt).toEqual([0, 30, 60, 90]);
  });

  test('spaces starts evenly, whatever they weigh', async () => {
    using at = world({ minTime: 30, maxConcurrent: 10, weight: 2 });
    await at.clock.finish(getAll(at.api, names(4)));
    expect(at.sentAt).toEqual([0, 30, 60, 90]);
  });
});

describe('a function that gives no such number', () => {
  const wrong = [Number.NaN, -1, 1.5, Infinity, '1' as never, undefined as never];
  const isOdd = ({ request }: { request: Request }): boolean => /[13]$/.test(request.url);

  test.each([0, ...wrong])('a weight of %s ends its call, and stops nobody else', async (weight) => {
    using at = world({ maxConcurrent: 1, weight: (asked) => (isOdd(asked) ? weight : 1) });
    const outcomes = await at.clock.finish(getAll(at.api, names(5)));
    const wrongOne = {
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining('weight must be a whole number from 1 up'),
    };
    expect(outcomes).toMatchObject(['{}', wrongOne, '{}', wrongOne, '{}']);
    expect(at.sentAt).toEqual([0, 100, 200]);
  });

  test.each([10, ...wrong])('a priority of %s ends its call, when it has to wait', async (priority) => {
    using at = world({ maxConcurrent: 1, priority: (asked) => (isOdd(asked) ? priority : 5) });
    const outcomes = await at.clock.finish(getAll(at.api, names(5)));
    const wrongOne = {
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining('priority must be a whole number from 0 to 9'),
    };
    expect(outcomes).toMatchObject(['{}', wrongOne, '{}', wrongOne, '{}']);
  });
});

describe('weight', () => {
  const heavy = ({ request }: { request: Request }): number =>
    Number(new URL(request.url).searchParams.get('w'));

  test('takes so much of the limits, and is not overtaken by lighter ones', async () => {
    using at = world({ maxConcurrent: 3, weight: heavy });
    await at.clock.finish(getAll(at.api, ['a?w=2', 'b?w=3', 'c?w=1']));
    expect(at.paths).toEqual(['a', 'b', 'c']);
    expect(at.sentAt).toEqual([0, 100, 200]);
  });

  test('above the smallest limit the call is refused', async () => {
    using at = world({ maxConcurrent: 3, rate: { limit: 2, interval: 10 }, weight: heavy });
    const [error] = await at.clock.finish(getAll(at.api, ['a?w=3']));
    expect(error).toMatchObject({ code: 'RATE_LIMIT_OVERWEIGHT' });
  });
});

describe('priority', () => {
  const inOrder = async (options: object, run: (at: ReturnType<typeof world>) => Promise<unknown>) => {
    using at = world({ maxConcurrent: 1, ...options });
    await at.clock.finish(run(at));
    return at.paths;
  };

  test('the smaller number goes first', async () => {
    const paths = await inOrder({}, ({ api }) =>
      Promise.all(
        [9, 5, 0, 5].map((priority, index) => api.get(`p${priority}-${index}`, rateLimit({ priority }))),
      ),
    );
    expect(paths).toEqual(['p9-0', 'p0-2', 'p5-1', 'p5-3']);
  });

  test('may be a function of the request', async () => {
    const priority = ({ request }: Asked): number => Number(new URL(request.url).searchParams.get('p'));
    const paths = await inOrder({ priority }, ({ api }) => getAll(api, ['first', 'low?p=9', 'high?p=0']));
    expect(paths).toEqual(['first', 'high', 'low']);
  });

  const crowd = async ({ api }: ReturnType<typeof world>): Promise<unknown> => {
    const calls: unknown[] = [api.get('first'), api.get('low', rateLimit({ priority: 9 }))];
    for (let call = 0; call < 10; call++) {
      calls.push(api.get(`high${call}`, rateLimit({ priority: 0 })));
      await wait(90);
    }
    return Promise.all(calls);
  };

  test('a low one waits as long as there are higher ones', async () => {
    expect((await inOrder({}, crowd)).indexOf('low')).toBe(11);
  });

  test('aging raises it, one priority for each such time of waiting', async () => {
    expect((await inOrder({ aging: 50 }, crowd)).indexOf('low')).toBe(6);
  });
});

describe('key', () => {
  test('is the origin: each server has limits of its own', async () => {
    using at = world({ maxConcurrent: 1 });
    await at.clock.finish(
      getAll(at.api, ['a', 'https://other.test/b', 'c', 'https://other.test', 'https://api.test:8443/d']),
    );
    expect(at.sentAt).toEqual([0, 0, 0, 100, 100]);
    expect([...at.limits.stats().keys()]).toEqual([
      'https://api.test',
      'https://other.test',
      'https://api.test:8443',
    ]);
  });

  test('may be read from the context, before anything is signed', async () => {
    using at = world({ maxConcurrent: 1, key: ({ context }) => String(context['user']) });
    await at.clock.finish(
      Promise.all(['ada', 'ada', 'grace'].map((user) => at.api.get(user, { context: { user } }))),
    );
    expect(at.paths).toEqual(['ada', 'grace', 'ada']);
  });
});

describe('who came first', () => {
  /** Something before the limiter that takes its time with this path. */
  const slow = layer({
    name: 'slow',
    places: [
      gate({
        stage: 'prepare',
        run: async ({ request, signal }) => {
          if (request.url.endsWith('slow')) await wait(50, signal);
        },
      }),
    ],
  });

  test('is who came to the line first, and the time before that is not time in line', async () => {
    using at = world({ maxConcurrent: 1 });
    const api = at.api.extend(slow());
    const first = api.get('first');
    const late = api.get('slow');
    await at.clock.advance(10);
    const response = await at.clock.finish(Promise.all([first, api.get('b'), late]).then((all) => all[2]));
    expect(at.paths).toEqual(['first', 'b', 'slow']);
    expect(at.sentAt).toEqual([0, 100, 200]);
    expect(traceOf(response)?.attempts[0]).toMatchObject({ queuedMs: 150, gateMs: 200 });
  });
});

test('what was refused behind the limiter takes no place in a window', async () => {
  const refusing = layer({
    name: 'refusing',
    places: [
      gate({
        stage: 'sign',
        run: () => {
          throw new Error('no credentials');
        },
      }),
    ],
  });
  using at = world({ rate: { limit: 1, interval: 60_000 } });
  expect(await at.clock.finish(outcome(at.api.get('a', refusing())))).toMatchObject({
    message: 'no credentials',
  });
  await at.clock.finish(getAll(at.api, ['b']));
  expect(at.paths).toEqual(['b']);
  expect(at.sentAt).toEqual([0]);
});

describe('hold', () => {
  test('headers: the body of one may be read while the next runs', async () => {
    using at = world({ maxConcurrent: 1 });
    await at.clock.finish(Promise.all([at.api.get('a'), at.api.get('b')]));
    expect(at.sentAt).toEqual([0, 100]);
  });

  test('body: the permit is kept until the body was read', async () => {
    using at = world({ maxConcurrent: 1, hold: 'body' });
    const response = await at.clock.finish(at.api.get('a'));
    const next = at.api.get('b');
    await at.clock.advance(400);
    expect(at.sentAt).toEqual([0]);
    await response.text();
    await at.clock.finish(next);
    expect(at.sentAt).toEqual([0, 500]);
  });

  test.each<[string, (response: Response) => unknown]>([
    ['cancelled', (response) => response.body?.cancel()],
    ['read, and its clone', (response) => Promise.all([response.clone().text(), response.text()])],
  ])('body: it comes back when the body was %s', async (_, end) => {
    using at = world({ maxConcurrent: 1, hold: 'body' });
    await end(await at.clock.finish(at.api.get('a')));
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 0, waiting: 0 });
    expect(at.clock.timers).toBe(0);
  });

  test('body: answers that ky reads or throws away hold nothing', async () => {
    const replies = [{ status: 503, body: 'busy' }, { status: 404, json: {} }, { status: 204 }];
    using at = world({ maxConcurrent: 1, hold: 'body' }, { replies, retry: 1 });
    await at.clock.finish(getAll(at.api, names(2)));
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 0, waiting: 0 });
  });

  test('body: one that nobody reads gives it back after a minute, and the record says so', async () => {
    using at = world({ maxConcurrent: 1, hold: 'body' });
    const response = await at.clock.finish(at.api.get('a'));
    await at.clock.advance(60_000);
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 0, waiting: 0 });
    expect(traceOf(response)?.decisions).toMatchObject([
      {
        layer: 'rateLimit',
        verdict: 'note',
        reason: 'its body was not read for 60000 ms: the permit went back',
      },
    ]);
  });

  test.each([
    ["Bottleneck's store", rateLimit],
    ["Bottleneck's jobs", byJobs],
  ])('body: one that is read after that gives back nothing more, counted by %s', async (_, limiting) => {
    using at = world({ maxConcurrent: 1, hold: 'body' }, { limiting });
    const response = await at.clock.finish(at.api.get('a'));
    await at.clock.advance(60_000);
    const next = [at.api.get('b'), at.api.get('c')];
    void Promise.all(next);
    await at.clock.advance(200);
    expect(at.paths).toEqual(['a', 'b']);
    expect(await response.json()).toEqual({});
    await at.clock.advance(200);
    expect(at.paths).toEqual(['a', 'b']);
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 1, waiting: 1 });
    await (await at.clock.finish(next[0]!)).text();
    await (await at.clock.finish(next[1]!)).text();
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 0, waiting: 0 });
  });

  test('body: it holds maxConcurrent, not the window that a slow answer has left', async () => {
    const replies = [{ json: {}, afterMs: 2_500 }];
    using at = world({ rate: { limit: 1, interval: 1_000 }, maxConcurrent: 2, hold: 'body' }, { replies });
    await at.clock.finish(Promise.all([at.api.get('a'), at.api.get('b')]));
    expect(at.sentAt).toEqual([0, 2_500]);
  });

  test('body: one that is being read keeps it', async () => {
    using at = world({ maxConcurrent: 1, hold: 'body' }, { replies: [{ body: 'long', stall: true }] });
    const response = await at.clock.finish(at.api.get('a'));
    void response.body!.getReader().read();
    await at.clock.advance(60_000);
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 1, waiting: 0 });
  });
});

describe('the time in the queue', () => {
  test("is on the record, and is not charged to the attempt's timeout", async () => {
    using at = world({ maxConcurrent: 1 }, { replies: [{ json: {}, afterMs: 150 }], timeout: 200 });
    const responses = await at.clock.finish(Promise.all(names(4).map((name) => at.api.get(name))));
    expect(responses.map((response) => traceOf(response)!.attempts[0]!.queuedMs)).toEqual([0, 150, 300, 450]);
  });
});
