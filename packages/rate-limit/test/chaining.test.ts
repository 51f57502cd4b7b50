import { compose, explain } from '@kyhooks/core';
import { rateLimit, type RateLimitOptions } from '@kyhooks/rate-limit';
import { outcome } from '@kyhooks/testing';
import ky from 'ky';
import { describe, expect, test } from 'vitest';
import { getAll, names, world } from './world.ts';

describe('chaining', () => {
  test('one fragment is one limiter, whatever uses it', async () => {
    using at = world({ maxConcurrent: 1 });
    const other = ky.create({ fetch: at.wire.fetch, baseUrl: 'https://api.test/' }).extend({ ...at.limits });
    const once = ky.create({ fetch: at.wire.fetch, baseUrl: 'https://api.test/' });
    await at.clock.finish(
      Promise.all([at.api.get('a'), other.get('b'), once.get('c', compose(at.limits, { headers: {} }))]),
    );
    expect(at.sentAt).toEqual([0, 100, 200]);
  });

  test('refining how calls are admitted stays with the same limiter, also from call to call', async () => {
    using at = world({ maxConcurrent: 1 });
    const urgent = at.api.extend(rateLimit({ priority: 0 }));
    await at.clock.finish(
      Promise.all([
        at.api.get('a'),
        at.api.get('b'),
        urgent.get('c'),
        at.api.get('d', rateLimit({ priority: 1, queue: { timeout: 5_000 } })),
      ]),
    );
    expect(at.paths).toEqual(['a', 'c', 'd', 'b']);
    expect(at.sentAt).toEqual([0, 100, 200, 300]);
  });

  test('other limits are another limiter: one for each pair of fragments, not for each call', async () => {
    using at = world({ maxConcurrent: 2, queue: { limit: 7 } });
    const strict = rateLimit({ maxConcurrent: 1 });
    const others = ky
      .create({ fetch: at.wire.fetch, baseUrl: 'https://api.test/' })
      .extend(rateLimit({ maxConcurrent: 5 }));
    await at.clock.finish(
      Promise.all([
        at.api.get('a', strict),
        others.get('b', strict),
        at.api.get('c', strict),
        others.get('d', strict),
      ]),
    );
    expect(at.sentAt).toEqual([0, 0, 100, 100]);
    expect(explain(at.api, strict).layers[0]?.options).toMatchObject({ maxConcurrent: '1' });
  });

  test('false removes it', async () => {
    using at = world({ maxConcurrent: 1 });
    await at.clock.finish(getAll(at.api, names(3), rateLimit(false)));
    expect(at.sentAt).toEqual([0, 0, 0]);
  });

  test('limiters with ids are passed one after the other, and removed by id', async () => {
    using at = world({ maxConcurrent: 3 });
    const api = at.api.extend(
      rateLimit({ id: 'user', maxConcurrent: 1, key: ({ context }) => String(context['user']) }),
    );
    const users = ['ada', 'ada', 'grace', 'grace', 'alan', 'alan'];
    await at.clock.finish(Promise.all(users.map((user) => api.get(user, { context: { user } }))));
    expect(at.paths).toEqual(['ada', 'grace', 'ada', 'grace', 'alan', 'alan']);
    expect(explain(api).layers.map(({ name }) => name)).toEqual(['rateLimit', 'rateLimit:user']);
    expect(explain(api, rateLimit(false, 'user')).layers.map(({ name }) => name)).toEqual(['rateLimit']);
  });

  test.each([
    [undefined, 'rateLimit'],
    ['bounds', 'rateLimit:bounds'],
  ])('explain() shows the options in force, and warns of a queue that nothing bounds: %s', (id, name) => {
    const explained = (queue: NonNullable<RateLimitOptions['queue']>): unknown => {
      const { layers, warnings } = explain(
        ky.extend(rateLimit({ ...(id && { id }), maxConcurrent: 2, queue })),
      );
      return { ...layers[0], warnings };
    };
    expect(explained({ limit: Infinity })).toMatchObject({
      name,
      stages: ['gate: admit', 'wire: observe'],
      options: { maxConcurrent: '2', hold: '"headers"', priority: '5' },
      warnings: [`${name}: nothing bounds the queue`],
    });
    expect(explained({ limit: Infinity, timeout: 1_000 })).toMatchObject({ warnings: [] });
    expect(explained({ limit: 10 })).toMatchObject({ warnings: [] });
    expect(explained({})).toMatchObject({ warnings: [] });
  });
});

describe('stats() and close()', () => {
  test('stats() tells what runs and waits, by key', async () => {
    using at = world({ maxConcurrent: 2, weight: 2 });
    void getAll(at.api, [...names(3), 'https://other.test/']);
    await at.clock.settle();
    expect(at.limits.stats()).toEqual(
      new Map([
        ['https://api.test', { running: 2, waiting: 2 }],
        ['https://other.test', { running: 2, waiting: 0 }],
      ]),
    );
  });

  test('stats() tells of all the limiters that the fragment has made, where it stands over others', async () => {
    using at = world({ maxConcurrent: 5 }, { replies: [{ status: 429, headers: { 'retry-after': '9' } }] });
    const strict = rateLimit({ maxConcurrent: 1 });
    const alone = at.api.extend(rateLimit(false)).extend(strict);
    await at.clock.finish(outcome(alone.get('a')));
    void getAll(alone, names(3));
    const over = at.api.extend(strict);
    void getAll(over, names(2), { fetch: () => new Promise(() => undefined) });
    await at.clock.advance(0);
    expect(strict.stats()).toEqual(
      new Map([['https://api.test', { running: 1, waiting: 4, pausedUntilMs: Date.now() + 9_000 }]]),
    );
  });

  test('close() refuses those that wait and those that come, and resolves when nothing runs', async () => {
    using at = world({ maxConcurrent: 1 });
    const calls = getAll(at.api, names(2));
    await at.clock.advance(10);
    const closed = at.limits.close();
    const [sent, waited] = await at.clock.finish(calls);
    await closed;
    expect(sent).toBe('{}');
    expect(waited).toMatchObject({ code: 'RATE_LIMIT_STOPPED' });
    expect(await getAll(at.api, ['late'])).toMatchObject([{ code: 'RATE_LIMIT_STOPPED' }]);
    expect([at.clock.timers, at.limits.stats().size]).toEqual([0, 0]);
  });

  test('close() refuses all that wait, however many', async () => {
    using at = world({ maxConcurrent: 1 });
    const first = outcome(at.api.get('first').text());
    await at.clock.settle();
    const waiting = Promise.all(
      names(50).map((name, index) => outcome(at.api.get(name, rateLimit({ priority: (index * 7) % 10 })))),
    );
    await at.clock.advance(10);
    const closed = at.limits.close();
    for (const error of await waiting) expect(error).toMatchObject({ code: 'RATE_LIMIT_STOPPED' });
    expect(at.clock.elapsedMs).toBe(10);
    expect(await at.clock.finish(first)).toBe('{}');
    await closed;
  });

  test('close() sends nobody who has room because a heavier one in front is refused', async () => {
    using at = world({ maxConcurrent: 2 });
    const calls = [outcome(at.api.get('runs').text())];
    await at.clock.settle();
    calls.push(outcome(at.api.get('heavy', rateLimit({ weight: 2 }))), outcome(at.api.get('light')));
    await at.clock.advance(10);
    await at.clock.finish(at.limits.close());
    const stopped = { code: 'RATE_LIMIT_STOPPED' };
    expect(await Promise.all(calls)).toMatchObject(['{}', stopped, stopped]);
    expect(at.paths).toEqual(['runs']);
  });

  test('close() a second time waits for the same end, and refuses those that the first one would have served', async () => {
    using at = world({ maxConcurrent: 1 });
    const calls = getAll(at.api, names(2));
    await at.clock.advance(10);
    const closed = [true, false, true].map((drain) => at.limits.close({ drain }));
    expect(await at.clock.finish(calls)).toMatchObject(['{}', { code: 'RATE_LIMIT_STOPPED' }]);
    await at.clock.finish(Promise.all(closed));
    await at.limits.close();
    expect(at.clock.elapsedMs).toBe(100);
  });

  test('a fragment that is closed before its first call stays closed, also over another one', async () => {
    using at = world({ maxConcurrent: 5 });
    const strict = rateLimit({ maxConcurrent: 1 });
    const api = at.api.extend(strict);
    await strict.close();
    expect(await getAll(api, ['a'])).toMatchObject([{ code: 'RATE_LIMIT_STOPPED' }]);
    expect(await at.clock.finish(getAll(at.api, ['b']))).toEqual(['{}']);
  });

  test('close({ drain }) serves those that wait first', async () => {
    using at = world({ maxConcurrent: 1 });
    const calls = getAll(at.api, names(3));
    await at.clock.advance(10);
    const closed = at.limits.close({ drain: true }).then(() => at.clock.elapsedMs);
    expect(await getAll(at.api, ['late'])).toMatchObject([{ code: 'RATE_LIMIT_STOPPED' }]);
    expect(await at.clock.finish(calls)).toEqual(['{}', '{}', '{}']);
    expect(await closed).toBe(300);
  });

  test('close() waits for a body that is being read, and not for one that is left', async () => {
    const replies = [{ body: 'left' }, { body: 'read', stall: true }];
    using at = world({ maxConcurrent: 2, hold: 'body' }, { replies });
    await at.clock.finish(at.api.get('left'));
    const reader = (await at.clock.finish(at.api.get('read'))).body!.getReader();
    void reader.read();
    await at.clock.settle();
    let isClosed = false;
    const closed = at.limits.close().then(() => (isClosed = true));
    await at.clock.settle();
    expect(at.limits.stats().get('https://api.test')).toEqual({ running: 1, waiting: 0 });
    expect(isClosed).toBe(false);
    await reader.cancel();
    expect(await closed).toBe(true);
    expect(at.clock.timers).toBe(0);
  });

  test('drain does not wait for a call that has left', async () => {
    using at = world({ rate: { limit: 1, interval: 60_000 } });
    const controller = new AbortController();
    const calls = getAll(at.api, names(2), { signal: controller.signal });
    await at.clock.advance(200);
    const closed = at.limits.close({ drain: true });
    controller.abort();
    await Promise.all([calls, closed]);
    expect(at.clock.timers).toBe(0);
  });

  test('it is closed at the end of its block', async () => {
    using at = world({ maxConcurrent: 1 });
    const limits = rateLimit({ maxConcurrent: 1 });
    const outcomes = getAll(at.api, names(2), limits);
    await at.clock.advance(10);
    const block = async (): Promise<void> => {
      await using _ = limits;
    };
    await at.clock.finish(block());
    expect(await outcomes).toMatchObject(['{}', { code: 'RATE_LIMIT_STOPPED' }]);
    expect(at.sentAt).toEqual([0]);
  });
});
