import { outcome } from '@kyhooks/testing';
import { gate, layer, traceOf, wait } from '@kyhooks/core';
import { type Asked, rateLimit } from '@kyhooks/rate-limit';
import { describe, expect, test } from 'vitest';
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
  test('spaces starts evenly, whatever they weigh', async () => {
    using at = world({ minTime: 30, maxConcurrent: 10, weight: 2 });
    await at.clock.finish(getAll(at.api, names(4)));
    expect(at.sentAt).toEqual([0, 30, 60, 90]);
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
    expect(traceOf(response)?.decisions).toMatchObject([{ layer: 'rateLimit', verdict: 'note' }]);
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
