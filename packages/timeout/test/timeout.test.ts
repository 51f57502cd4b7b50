import { explain, gate, layer, traceOf, wait } from '@kyhooks/core';
import ky, { isTimeoutError, type KyInstance, type Options, TimeoutError } from 'ky';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ScriptedWire, scriptedWire, type VirtualClock, virtualClock, outcome } from '@kyhooks/testing';
import {
  AttemptTimeoutError,
  isAttemptTimeoutError,
  isBodyTimeoutError,
  isDeadlineError,
  isTotalTimeoutError,
  timeout,
  timeoutDefaults,
  type TimeoutOptions,
  TotalTimeoutError,
} from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
});
afterEach(() => {
  clock.uninstall();
  vi.restoreAllMocks();
});

const client = (options?: TimeoutOptions | false, more: Options = {}): KyInstance =>
  ky.create({ baseUrl: 'https://api.test/', fetch: wire.fetch, retry: 0, ...more }).extend(timeout(options));

test('pins the defaults', () => {
  expect(timeoutDefaults).toEqual({
    attempt: 10_000,
    total: 30_000,
    body: { idle: 30_000, total: false },
    deadline: false,
    propagate: false,
  });
});

describe('attempt', () => {
  test('ends a request that gets no headers, and says which bound and how to raise it', async () => {
    const pending = outcome(client({ attempt: 500 }).get('users/1?sig=secret'));
    const exchange = await wire.expect('GET /users/1?sig=secret');
    await clock.advance(499);
    expect(exchange.aborted).toBe(false);
    await clock.advance(1);
    expect(exchange.aborted).toBe(true);
    const error = (await pending) as AttemptTimeoutError;
    expect(error).toBeInstanceOf(AttemptTimeoutError);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      name: 'TimeoutError',
      code: 'ATTEMPT_TIMEOUT',
      phase: 'headers',
      limitMs: 500,
      elapsedMs: 500,
      attempt: 1,
      method: 'GET',
      url: 'https://api.test/users/1?sig=REDACTED',
    });
    expect(error.message).toBe(
      'The attempt timed out after 500 ms (waiting for headers): GET https://api.test/users/1?sig=REDACTED; the bound is `attempt` of timeout()',
    );
    expect(isTimeoutError(error) && isAttemptTimeoutError(error) && !isTotalTimeoutError(error)).toBe(true);
    expect(traceOf(error)?.attempts[0]).toMatchObject({ error: 'ATTEMPT_TIMEOUT', headersMs: 500 });
  });

  test("gives a ky shortcut's read of the body the same time again", async () => {
    const pending = outcome(client({ attempt: 500 }).get('a').json());
    await clock.advance(400);
    await (await wire.expect('GET /a')).respond(200, { json: { a: 1 }, stall: true });
    await clock.advance(499);
    expect(wire.bodies).toEqual(['unread']);
    await clock.advance(1);
    expect(await pending).toMatchObject({ code: 'ATTEMPT_TIMEOUT', phase: 'body', elapsedMs: 500 });
    expect(wire.bodies).toEqual(['failed']);
  });

  test('bounds each attempt of ky anew', async () => {
    const pending = outcome(client({ attempt: 500 }, { retry: { limit: 1, retryOnTimeout: true } }).get('a'));
    await clock.advance(500 + 300 + 500);
    expect(wire.exchanges.map(({ atMs }) => atMs)).toEqual([0, 800]);
    expect(await pending).toMatchObject({ code: 'ATTEMPT_TIMEOUT', attempt: 2, elapsedMs: 500 });
  });

  test('counts from the sending, not from the wait before it', async () => {
    const queue = layer({
      name: 'queue',
      places: [gate({ stage: 'admit', run: ({ signal }) => wait(300, signal) })],
    });
    const pending = outcome(client({ attempt: 500 }).extend(queue()).get('a'));
    await clock.advance(800);
    expect(await pending).toMatchObject({ code: 'ATTEMPT_TIMEOUT', elapsedMs: 500 });
  });

  test("leaves another call's timeout as it is", async () => {
    const inner = outcome(client({ attempt: 100 }).get('a'));
    await wire.expect('GET /a');
    await clock.advance(100);
    const error = (await inner) as AttemptTimeoutError;
    // To the same URL, which is not what tells them apart.
    const pending = outcome(client({ attempt: 500 }).get('a'));
    await (await wire.expect('GET /a')).fail(error);
    expect(await pending).toBe(error);
    expect(error.limitMs).toBe(100);
  });
});

describe("the timeout of a call that a hook of the user's makes", () => {
  for (const place of ['beforeRequest', 'afterResponse'] as const) {
    test.each<[total: number | false]>([[false], [5_000]])(
      `in ${place} stays what it is, under a total of %s`,
      async (total) => {
        const other = ky.create({ baseUrl: 'https://api.test/', fetch: wire.fetch, retry: 0 });
        const hook = async (): Promise<void> => void (await other.get('token', { timeout: 100 }));
        const pending = outcome(client({ total }, { hooks: { [place]: [hook] } }).get('a'));
        if (place === 'afterResponse') await (await wire.expect('GET /a')).respond(200);
        await wire.expect('GET /token');
        await clock.advance(100);
        const error = (await pending) as Error;
        expect(error).toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('/token') });
        expect(error).not.toHaveProperty('code');
      },
    );
  }
});

test.each<[code: string, holds: (value: unknown) => boolean]>([
  ['ATTEMPT_TIMEOUT', isAttemptTimeoutError],
  ['TOTAL_TIMEOUT', isTotalTimeoutError],
  ['BODY_TIMEOUT', isBodyTimeoutError],
  ['DEADLINE', isDeadlineError],
])('%s is known by its code, also when another copy of the package has made it', (code, holds) => {
  expect(holds(Object.assign(new Error('x'), { code }))).toBe(true);
  expect(holds(Object.assign(new Error('x'), { code: 'OTHER' }))).toBe(false);
  expect(holds(undefined)).toBe(false);
});

describe('total', () => {
  test('ends an attempt when the whole call has taken too long', async () => {
    const pending = outcome(
      client(
        { attempt: 400, total: 750 },
        { retry: { limit: 5, retryOnTimeout: true, delay: () => 100 } },
      ).get('a'),
    );
    await clock.advance(749);
    expect(wire.exchanges.map(({ atMs, aborted }) => [atMs, aborted])).toEqual([
      [0, true],
      [500, false],
    ]);
    await clock.advance(1);
    const error = await pending;
    expect(error).toBeInstanceOf(TotalTimeoutError);
    expect(error).toMatchObject({ phase: 'headers', attempt: 2, limitMs: 750, elapsedMs: 750 });
    expect((error as Error).message).toBe(
      'The call timed out after 750 ms (waiting for headers): GET https://api.test/a; the bound is `total` of timeout()',
    );
    expect(traceOf(error)?.attempts.map((attempt) => attempt.error)).toEqual([
      'ATTEMPT_TIMEOUT',
      'TOTAL_TIMEOUT',
    ]);
  });

  test('starts no wait that does not fit: what is in hand is given at once', async () => {
    const pending = outcome(
      client(
        { attempt: 400, total: 1_000 },
        { retry: { limit: 5, retryOnTimeout: true, delay: () => 100 } },
      ).get('a'),
    );
    await clock.advance(900);
    expect(await pending).toBeInstanceOf(AttemptTimeoutError);
    expect(wire.exchanges.map(({ atMs }) => atMs)).toEqual([0, 500]);
    expect(traceOf(await pending)?.decisions.at(-1)).toMatchObject({
      layer: 'ky',
      verdict: 'stop',
      reason: 'a pause of 100 ms exceeds the remaining 100 ms',
    });
  });

  test("ends a hook of the user's that takes too long", async () => {
    const slow = (): Promise<void> => new Promise(() => undefined);
    const pending = outcome(client({ total: 300 }, { hooks: { beforeRequest: [slow] } }).get('a'));
    await clock.advance(300);
    expect(await pending).toMatchObject({ code: 'TOTAL_TIMEOUT', phase: 'queued', attempt: 0 });
    expect(wire.exchanges).toEqual([]);
  });

  test('ends a pause that a forced retry asks for', async () => {
    const again = client(
      { total: 300 },
      { retry: 1, hooks: { afterResponse: [() => ky.retry({ delay: 5_000 })] } },
    );
    const pending = outcome(again.get('a'));
    await (await wire.expect('GET /a')).respond(200);
    await clock.advance(300);
    const error = (await pending) as Error;
    expect(error).toMatchObject({ code: 'TOTAL_TIMEOUT', phase: 'backoff' });
    expect(error.message).toContain('(waiting to be sent again)');
  });

  test('ends the read of a ky shortcut', async () => {
    const pending = outcome(client({ attempt: false, total: 1_000 }).get('a').text());
    await clock.advance(600);
    await (await wire.expect('GET /a')).respond(200, { body: 'abcd', stall: true });
    await clock.advance(399);
    expect(wire.bodies).toEqual(['unread']);
    await clock.advance(1);
    expect(await pending).toMatchObject({
      code: 'TOTAL_TIMEOUT',
      phase: 'body',
      limitMs: 1_000,
      elapsedMs: 1_000,
    });
  });

  test("hands the answer on at once when the server's pause does not fit, also by ky's own retry", async () => {
    const pending = outcome(client({ total: 5_000 }, { retry: 2 }).get('a'));
    await (await wire.expect('GET /a')).respond(429, { headers: { 'retry-after': '30' } });
    const error = await pending;
    expect(error).toMatchObject({ name: 'HTTPError', response: { status: 429 } });
    expect(clock.elapsedMs).toBe(0);
    expect(traceOf(error)?.decisions).toMatchObject([
      {
        layer: 'timeout',
        verdict: 'stop',
        reason: "the server's pause of 30000 ms does not fit the remaining time",
      },
    ]);
  });

  test.each<[headers: Readonly<Record<string, string>>, sentAgainMs: number | undefined]>([
    [{ 'ratelimit-reset': '30' }, undefined],
    [{ 'ratelimit-reset': '4' }, 4_000],
    [{ 'x-ratelimit-retry-after': '30' }, undefined],
    [{ 'x-ratelimit-reset': '30' }, undefined],
    [{ 'x-rate-limit-reset': '30' }, undefined],
    // Dates; the clock of these tests begins with 2026.
    [{ 'x-ratelimit-reset': '1767225630' }, undefined],
    [{ 'x-ratelimit-reset': '1767225604' }, 4_000],
    [{ 'ratelimit-reset': '1704067200' }, 0],
    [{ 'ratelimit-reset': 'Thu, 01 Jan 2026 00:00:30 GMT' }, undefined],
    // The first counts, also where it cannot be read.
    [{ 'retry-after': '4', 'ratelimit-reset': '30' }, 4_000],
    [{ 'retry-after': 'soon', 'ratelimit-reset': '30' }, 300],
    [{ 'retry-after': '1767225604' }, undefined],
    [{ 'x-ratelimit-reset': '30', 'x-ratelimit-retry-after': '4' }, 4_000],
  ])(
    'under 5 s, ky is kept from sleeping through a pause wherever it reads one: %o, sent again at %s',
    async (headers, sentAgainMs) => {
      const pending = outcome(client({ total: 5_000 }, { retry: 2 }).get('a'));
      await (await wire.expect('GET /a')).respond(429, { headers });
      await clock.settle();
      let over = false;
      void pending.then(() => (over = true));
      await clock.settle();
      expect(over).toBe(sentAgainMs === undefined);
      await clock.advance(5_000);
      expect(wire.exchanges.at(1)?.atMs).toBe(sentAgainMs);
      await pending;
    },
  );

  test.each<
    [pause: string | undefined, retry: NonNullable<Options['retry']>, sentAgainMs: number | undefined]
  >([
    [undefined, 2, 300],
    ['4', 2, 4_000],
    ['5', 2, undefined],
    ['30', { limit: 2, maxRetryAfter: 3_000 }, 3_000],
    ['30', { limit: 2, afterStatusCodes: [503] }, 300],
  ])("under 5 s, a pause of %s s and ky's retry %o: sent again at %s", async (pause, own, sentAgainMs) => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const pending = outcome(client({ total: 5_000 }, { retry: own }).get('a'));
    await (
      await wire.expect('GET /a')
    ).respond(429, { headers: pause === undefined ? {} : { 'retry-after': pause } });
    await clock.advance(5_000);
    expect(wire.exchanges.at(1)?.atMs).toBe(sentAgainMs);
    await pending;
  });
});

describe('what ky is told', () => {
  const deadline = async (
    options: TimeoutOptions | false | undefined,
    more: Options = {},
    call: Options = {},
  ): Promise<unknown> => {
    const pending = outcome(client(options, more).get('a', call));
    await (await wire.expect('GET /a')).respond(200);
    return traceOf(await pending)?.deadlineMs;
  };

  test('its own bounds are the defaults of ours', async () => {
    expect(await deadline({}, { totalTimeout: 700 })).toBe(700);
    expect(await deadline({ total: 600 }, { totalTimeout: 700 })).toBe(600);
    expect(await deadline({})).toBe(30_000);
    const pending = outcome(client({}, { timeout: 200 }).get('slow'));
    await clock.advance(200);
    expect(await pending).toMatchObject({ code: 'ATTEMPT_TIMEOUT', limitMs: 200 });
  });

  test('explain() shows what is in force, and warns of a bound that never holds', () => {
    const shown = (options: TimeoutOptions | false, more?: Options): unknown => {
      const { layers, warnings } = explain(client(options, more));
      return { ...layers[0], warnings };
    };
    expect(shown({ attempt: 500 }, { totalTimeout: 300 })).toEqual({
      name: 'timeout',
      stages: ['gate: sign', 'wire: time', 'verdict: decide'],
      options: {
        attempt: '500',
        total: '300',
        body: '{ idle: 30000, total: false }',
        deadline: 'false',
        propagate: 'false',
      },
      warnings: ['timeout: attempt (500) is above total (300) and never holds'],
    });
    expect(shown(false)).toMatchObject({ options: { body: '{ idle: false, total: false }' }, warnings: [] });
  });

  test('false turns one bound off, or all of them', async () => {
    expect(await deadline({ total: false })).toBe(undefined);
    expect(await deadline(false, { timeout: 100, totalTimeout: 100 })).toBe(undefined);
    const pending = outcome(client({ attempt: 100 }).get('slow', timeout(false)));
    const exchange = await wire.expect('GET /slow');
    await clock.advance(3_600_000);
    await exchange.respond(200, { body: 'late' });
    expect(await ((await pending) as Response).text()).toBe('late');
  });

  test('a call refines its instance', async () => {
    expect(await deadline({ attempt: 100, total: 1_000 }, {}, timeout({ total: 2_000 }))).toBe(2_000);
  });
});

describe("a user's abort", () => {
  test('is never a timeout, whatever its reason is called', async () => {
    const controller = new AbortController();
    const reason = new DOMException('mine', 'TimeoutError');
    const pending = outcome(client({ attempt: 500 }).get('a', { signal: controller.signal }));
    await wire.expect('GET /a');
    controller.abort(reason);
    expect(await pending).toBe(reason);
    expect(traceOf(reason)?.outcome).toBe('aborted');
    expect(clock.timers).toBe(0);
  });
});

test('reports every fault of its options at once', () => {
  expect(() => timeout({ attempt: -1, total: 2 ** 31, totl: 5 } as TimeoutOptions)).toThrow(
    /attempt must be .*got -1[^]*total must be .*got 2147483648[^]*totl is not an option \(known: attempt, total, body, deadline, propagate\)/,
  );
  expect(() => timeout({ attempt: 2_000, total: 1_000 })).toThrow(
    'attempt must not exceed total (1000), got 2000',
  );
  expect(() => timeout({ attempt: 1_000, total: 1_000 })).not.toThrow();
  expect(() => timeout({ attempt: 1_000, total: false })).not.toThrow();
  expect(() => timeout({ attempt: false, total: 1_000 })).not.toThrow();
  expect(() => timeout({ body: { idle: 0, total: 'x', idel: 1 } } as never)).toThrow(
    /body\.idle must be .*got 0[^]*body\.total must be .*got "x"[^]*body\.idel is not an option/,
  );
  expect(() => timeout({ body: { idle: 2_000, total: 1_000 } })).toThrow(
    'body.idle must not exceed body.total',
  );
  expect(() => timeout({ deadline: null } as never)).toThrow('deadline must be a deadline');
  expect(() => timeout({ propagate: { header: 5, format: 'x', to: 1 } } as never)).toThrow(
    /propagate\.header must be .*got 5[^]*propagate\.format must be a function[^]*propagate\.to is not an option/,
  );
  expect(() => timeout({ deadline: 500, propagate: { origins: ['x'] } } as never)).toThrow(
    /deadline must be a deadline made by deadlineIn\(\)[^]*propagate.origins must be/,
  );
  expect(() => timeout({ propagate: { header: 'Time Left' } })).toThrow(
    'propagate.header must be the name of a header, got "Time Left"',
  );
  expect(() => timeout({ propagate: {} } as never)).toThrow('propagate.header must be given, got undefined');
});
