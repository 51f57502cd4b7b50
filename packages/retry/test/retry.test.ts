import { explain, gate, layer, traceOf } from '@kyhooks/core';
import { networkError, outcome } from '@kyhooks/testing';
import { HTTPError, type KyInstance, NetworkError, type Options, TimeoutError } from 'ky';
import { describe, expect, test, vi } from 'vitest';
import { constant, retry, retryDefaults, type RetryOptions, type RetryState } from '../src/index.ts';
import { clientOf, newWorlds, plainWait, reasons } from './world.ts';

const world = newWorlds();
const client = clientOf(world);

test('pins the defaults', () => {
  const { backoff, ...rest } = retryDefaults;
  expect(rest).toEqual({
    limit: 3,
    methods: ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'],
    statusCodes: [403, 408, 413, 421, 425, 429, 500, 502, 503, 504],
    jitter: 'full',
    maxRetryAfter: 60_000,
    malformedBody: false,
    budget: { ratio: 0.2, perSecond: 10 },
  });
  const waits = [1, 2, 3, 7, 8, 1_100].map((retryCount) => backoff({ retryCount } as RetryState));
  expect(waits).toEqual([300, 600, 1_200, 19_200, 20_000, 20_000]);
});

test.each([false, null, 'no'])("what ky refuses as its own options is ky's to refuse: %s", (own) => {
  const refused = (): unknown => client({}, { retry: own as never }).get('a');
  expect(refused).toThrow('`retry` must be a number or an object');
});

describe('statuses', () => {
  for (const status of [408, 421, 425, 429, 500, 502, 503, 504]) {
    test(`${status} is retried`, async () => {
      const pending = client().get('users/1').json();
      await (await world.wire.expect('GET /users/1')).respond(status);
      await world.wire.expectNothing(299);
      await world.clock.advance(1);
      await (await world.wire.expect('GET /users/1')).respond(200, { json: { id: 1 } });
      expect(await pending).toEqual({ id: 1 });
    });
  }

  test.each([300, 400, 401, 404, 409, 418, 422, 501, 505])('%d is not', async (status) => {
    const pending = outcome(client().get('a'));
    await (await world.wire.expect('GET /a')).respond(status);
    await world.wire.expectNothing(60_000);
    expect(await pending).toBeInstanceOf(HTTPError);
    expect(reasons(await pending)).toEqual([`stop: status ${status} is not retryable`]);
  });

  test.each([403, 413])('%d is when the server says until when, and only then', async (status) => {
    const pending = outcome(client().get('a'));
    await (await world.wire.expect('GET /a')).respond(status, { headers: { 'retry-after': '3' } });
    await world.wire.expectNothing(2_999);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(status);
    await world.wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      `retry: status ${status} is retryable, the server asks for a pause`,
      `stop: status ${status} is not retryable without a pause`,
    ]);
  });

  test.each<[name: string, headers: Record<string, string>, wait: number]>([
    ['with a time', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225607' }, 7_000],
    ['without one', { 'x-ratelimit-remaining': '0' }, 300],
  ])('403 is when nothing is left of a quota, %s', async (_, headers, wait) => {
    const pending = client().get('a').text();
    await (await world.wire.expect('GET /a')).respond(403, { headers });
    await world.wire.expectNothing(wait - 1);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('403 is not when something is left', async () => {
    const pending = outcome(client().get('a'));
    const headers = { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '1767225607' };
    await (await world.wire.expect('GET /a')).respond(403, { headers });
    await world.wire.expectNothing(60_000);
    expect(await pending).toMatchObject({ response: { status: 403 } });
  });

  test("403 is by GitHub's secondary limit, after a minute", async () => {
    const pending = client().get('a').text();
    const json = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' };
    await (
      await world.wire.expect('GET /a')
    ).respond(403, { json, headers: { 'x-ratelimit-remaining': '12' } });
    await world.wire.expectNothing(59_999);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('421 is retried once, whatever the method', async () => {
    const pending = outcome(client().post('a', { json: {} }));
    await (await world.wire.expect('POST /a')).respond(421);
    await world.clock.advance(300);
    await (await world.wire.expect('POST /a')).respond(421);
    await world.wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      'retry: status 421 is retryable, and it was not processed',
      'stop: status 421 is not retryable twice',
    ]);
  });

  test('421 that comes once, among other failures, is no second one', async () => {
    const pending = client().get('a');
    for (const [status, wait] of [
      [503, 300],
      [421, 600],
      [503, 1_200],
    ] as const) {
      await (await world.wire.expect('GET /a')).respond(status);
      await world.clock.advance(wait);
    }
    await (await world.wire.expect('GET /a')).respond(200);
    expect((await pending).status).toBe(200);
  });

  test("the server's own word stands above the list", async () => {
    const pending = outcome(client().get('a'));
    await (await world.wire.expect('GET /a')).respond(409, { headers: { 'x-should-retry': 'true' } });
    await world.clock.advance(300);
    await (await world.wire.expect('GET /a')).respond(503, { headers: { 'stripe-should-retry': 'false' } });
    await world.wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      'retry: status 409 is retryable, says the server',
      'stop: status 503 is not retryable, says the server',
    ]);
  });

  test('a list of your own is the whole list', async () => {
    const pending = outcome(client({ ...plainWait, statusCodes: [418] }).get('a'));
    await (await world.wire.expect('GET /a')).respond(418);
    await world.clock.advance(300);
    await (await world.wire.expect('GET /a')).respond(413, { headers: { 'retry-after': '1' } });
    await world.wire.expectNothing(60_000);
    expect(await pending).toMatchObject({ response: { status: 413 } });
  });
});

describe('network errors', () => {
  test.each(['ECONNRESET', 'ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT'])(
    '%s is retried',
    async (code) => {
      const pending = outcome(client({ ...plainWait, limit: 1 }).get('a'));
      await (await world.wire.expect('GET /a')).fail(networkError(code));
      await world.clock.advance(300);
      await (await world.wire.expect('GET /a')).fail(networkError(code));
      expect(await pending).toBeInstanceOf(NetworkError);
      expect(reasons(await pending)).toEqual([
        `retry: network error ${code} is retryable`,
        `stop: network error ${code} is retryable, but the limit of 1 retries is reached`,
      ]);
    },
  );

  test.each([
    ['a certificate that has expired', networkError('CERT_HAS_EXPIRED')],
    ['a bad URL', networkError('ERR_INVALID_URL')],
    ['a programming error', new TypeError('x is not a function')],
  ])('%s is not', async (_, error) => {
    const pending = outcome(client().get('a'));
    await (await world.wire.expect('GET /a')).fail(error);
    await world.wire.expectNothing(60_000);
    expect(await pending).toBeInstanceOf(Error);
    expect(world.wire.exchanges).toHaveLength(1);
  });
});

describe('attempt timeouts', () => {
  test('are retried, with a clock of their own each', async () => {
    const pending = client(plainWait, { timeout: 500 }).get('a').text();
    await world.clock.advance(500 + 300);
    await world.clock.advance(499);
    await (await world.wire.expect('GET /a')).respond(200);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test("are not where ky's own option says so", async () => {
    const pending = outcome(client(plainWait, { timeout: 500, retry: { retryOnTimeout: false } }).get('a'));
    await world.clock.advance(60_000);
    expect(await pending).toMatchObject({ name: 'TimeoutError' });
    expect(world.wire.exchanges).toHaveLength(1);
    expect(reasons(await pending)).toEqual(['stop: TimeoutError is not retryable']);
  });

  test('are, by the record, what a retry is for', async () => {
    const pending = outcome(client({ ...plainWait, limit: 1 }, { timeout: 500 }).get('a'));
    await world.clock.advance(500 + 300);
    await (await world.wire.expect('GET /a')).respond(200);
    await (await world.wire.expect('GET /a')).respond(200);
    expect(reasons(await pending)).toEqual(['retry: the attempt timed out']);
  });

  test.each([
    ['ATTEMPT_TIMEOUT', 2],
    ['TOTAL_TIMEOUT', 1],
    ['DEADLINE', 1],
  ])('%s of a call within this one: sent %d times', async (code, times) => {
    const within = Object.assign(new TimeoutError(new Request('https://other.test/')), { code });
    const pending = outcome(client({ ...plainWait, limit: 1 }).get('a'));
    await (await world.wire.expect('GET /a')).fail(within);
    await world.clock.advance(300);
    await world.wire.exchanges.at(1)?.fail(within);
    expect(await pending).toBe(within);
    expect(world.wire.exchanges).toHaveLength(times);
  });
});

describe('methods', () => {
  test.each(['post', 'patch'] as const)('%s is not sent twice', async (method) => {
    const pending = outcome(client()[method]('a', { json: {} }));
    await (await world.wire.expect(`${method.toUpperCase()} /a`)).respond(503);
    await world.wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      `stop: status 503 is retryable, but ${method.toUpperCase()} is not safe to send twice`,
    ]);
  });

  test.each(['put', 'delete', 'head'] as const)('%s is', async (method) => {
    const pending = client()[method]('a');
    await (await world.wire.expect(`${method.toUpperCase()} /a`)).respond(503);
    await world.clock.advance(300);
    await (await world.wire.expect(`${method.toUpperCase()} /a`)).respond(200);
    expect((await pending).status).toBe(200);
  });

  test('POST is where it is named, with the same body', async () => {
    const pending = client({ ...plainWait, methods: ['post'] }).post('a', { json: { a: 1 } });
    const first = await world.wire.expect('POST /a');
    expect(await first.request.json()).toEqual({ a: 1 });
    await first.respond(503);
    await world.clock.advance(300);
    const second = await world.wire.expect('POST /a');
    expect(await second.request.json()).toEqual({ a: 1 });
    await second.respond(201);
    expect((await pending).status).toBe(201);
  });

  test('POST is where a layer says that a second copy is taken for the first', async () => {
    const keyed = layer({
      name: 'keyed',
      places: [gate({ stage: 'prepare', run: ({ call }) => void (call.replaySafe = true) })],
    });
    const pending = client().extend(keyed()).post('a', { json: {} });
    await (await world.wire.expect('POST /a')).fail(networkError('ECONNRESET'));
    await world.clock.advance(300);
    await (await world.wire.expect('POST /a')).respond(201);
    expect(reasons(await pending)).toEqual([
      'retry: network error ECONNRESET is retryable, and the call may be sent twice',
    ]);
  });

  test.each([
    ['ECONNREFUSED', true],
    ['ENOTFOUND', true],
    ['UND_ERR_CONNECT_TIMEOUT', true],
    ['ECONNRESET', false],
    ['UND_ERR_HEADERS_TIMEOUT', false],
  ])('POST is where the server surely has not acted: %s, %o', async (code, again) => {
    const pending = outcome(client({ ...plainWait, limit: 1 }).post('a', { json: {} }));
    await (await world.wire.expect('POST /a')).fail(networkError(code));
    await world.clock.advance(300);
    if (again) await (await world.wire.expect('POST /a')).respond(201);
    await world.wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      again
        ? `retry: network error ${code} is retryable, and it was not processed`
        : `stop: network error ${code} is retryable, but POST is not safe to send twice`,
    ]);
  });

  test.each([
    ['by an option', (api: KyInstance) => api('a', { method: 'PURGE' })],
    ['by a Request', (api: KyInstance) => api(new Request('https://api.test/a', { method: 'PURGE' }))],
  ])('a method of its own kind, %s, is where it is named', async (_, call) => {
    const pending = call(client({ ...plainWait, methods: ['PURGE'] }));
    await (await world.wire.expect('PURGE /a')).respond(503);
    await world.clock.advance(300);
    await (await world.wire.expect('PURGE /a')).respond(200);
    expect((await pending).status).toBe(200);
  });
});

describe('bodies', () => {
  const stream = (): ReadableStream =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('flows once'));
        controller.close();
      },
    });

  test('a stream is sent once, untouched, and the first outcome is the outcome', async () => {
    const body = stream();
    const tee = vi.spyOn(ReadableStream.prototype, 'tee');
    const pending = outcome(client().put('a', { body }));
    await (await world.wire.expect('PUT /a')).respond(503, { body: 'first' });
    await world.wire.expectNothing(60_000);
    expect(await pending).toMatchObject({ name: 'HTTPError', data: 'first' });
    expect(reasons(await pending)).toEqual(['stop: status 503 is retryable, but its body is a stream']);
    expect(tee).not.toHaveBeenCalled();
  });

  const bytes = new TextEncoder().encode('bytes');
  const form = new FormData();
  form.set('a', 'b');
  test.each<[string, Options]>([
    ['a string', { body: 'text' }],
    ['JSON', { json: { a: [1] } }],
    ['bytes', { body: bytes }],
    ['a buffer', { body: bytes.buffer }],
    ['a Blob', { body: new Blob(['blob'], { type: 'text/x' }) }],
    ['URL parameters', { body: new URLSearchParams({ a: 'b c' }) }],
    ['a form', { body: form }],
  ])('%s is sent again as it was', async (_, options) => {
    const pending = client().put('a', options);
    const sent: unknown[] = [];
    for (const status of [503, 200]) {
      const exchange = await world.wire.expect('PUT /a');
      // Each form is given a boundary of its own.
      const boundary = exchange.request.headers.get('content-type')?.split('boundary=')[1] ?? '-';
      const text = await exchange.request.text();
      sent.push([
        text.replaceAll(boundary, ''),
        exchange.request.headers.get('content-type')?.replace(boundary, ''),
      ]);
      await exchange.respond(status);
      await world.clock.advance(300);
    }
    expect((await pending).status).toBe(200);
    expect(sent[0]).not.toEqual(['', undefined]);
    expect(sent[1]).toEqual(sent[0]);
  });

  test('a body inside a Request may be a stream', async () => {
    const request = new Request('https://api.test/a', { method: 'PUT', body: 'text' });
    const pending = outcome(client()(request));
    await (await world.wire.expect('PUT /a')).respond(503);
    await world.wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      'stop: status 503 is retryable, but the body of its Request may be a stream',
    ]);
  });

  test('a Request without a body is sent again', async () => {
    const pending = client()(new Request('https://api.test/a', { method: 'DELETE' }));
    await (await world.wire.expect('DELETE /a')).respond(503);
    await world.clock.advance(300);
    await (await world.wire.expect('DELETE /a')).respond(200);
    expect((await pending).status).toBe(200);
  });
});

describe("the server's pause", () => {
  test.each([
    ['2', 2_000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['0', 0],
    ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
    ['soon', 300],
  ])('Retry-After: %s is waited for', async (value, expected) => {
    const pending = client().get('a').text();
    await (await world.wire.expect('GET /a')).respond(429, { headers: { 'retry-after': value } });
    if (expected > 0) await world.wire.expectNothing(expected - 1);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('beyond maxRetryAfter it ends the call at once, with the original answer', async () => {
    const pending = outcome(client({ maxRetryAfter: 1_000 }).get('a'));
    await (await world.wire.expect('GET /a')).respond(503, { body: 'busy', headers: { 'retry-after': '2' } });
    expect(await pending).toMatchObject({ name: 'HTTPError', data: 'busy' });
    expect(world.clock.elapsedMs).toBe(0);
    expect(reasons(await pending)).toEqual([
      "stop: status 503 is retryable, but the server's pause of 2000 ms exceeds maxRetryAfter of 1000 ms",
    ]);
  });

  test("that does not fit ky's total timeout ends the call at once, with the original answer", async () => {
    const pending = outcome(client(plainWait, { totalTimeout: 5_000 }).get('a'));
    await (await world.wire.expect('GET /a')).respond(429, { headers: { 'retry-after': '30' } });
    expect(await pending).toMatchObject({ response: { status: 429 } });
    expect(reasons(await pending)).toEqual([
      'stop: status 429 is retryable, the server asks for a pause, but a pause of 30 s exceeds the remaining 5 s',
    ]);
  });
});

describe('throwHttpErrors: false', () => {
  const quiet: Options = { throwHttpErrors: false };

  test('retries all the same and hands the last answer on, unread', async () => {
    const pending = client({ limit: 1, backoff: constant(100), jitter: 'none' }, quiet).get('a');
    await (await world.wire.expect('GET /a')).respond(503, { body: 'first' });
    await world.clock.advance(100);
    await (await world.wire.expect('GET /a')).respond(503, { body: 'second' });
    const response = await pending;
    expect(response.status).toBe(503);
    expect(world.wire.bodies).toEqual(['cancelled', 'unread']);
    expect(await response.text()).toBe('second');
    expect(reasons(response)).toEqual([
      'retry: status 503 is retryable',
      'stop: status 503 is retryable, but the limit of 1 retries is reached',
    ]);
  });

  test("shows the user's beforeRetry hooks what they always see", async () => {
    const seen: unknown[] = [];
    const beforeRetry = ({ error }: { error: Error }): void => {
      const { response, data, options } = error as HTTPError;
      seen.push(response.status, data, options.retry.limit);
    };
    const pending = client(
      { ...plainWait, limit: 1 },
      { ...quiet, hooks: { beforeRetry: [beforeRetry] } },
    ).get('a');
    await (await world.wire.expect('GET /a')).respond(503, { json: { code: 'busy' } });
    await world.clock.advance(300);
    await (await world.wire.expect('GET /a')).respond(200);
    expect((await pending).ok).toBe(true);
    expect(seen).toEqual([503, { code: 'busy' }, 1]);
  });

  test('the same for a function', async () => {
    const pending = client(plainWait, { throwHttpErrors: (status) => status !== 503 }).get('a');
    await (await world.wire.expect('GET /a')).respond(503);
    await world.clock.advance(300);
    await (await world.wire.expect('GET /a')).respond(200);
    expect((await pending).ok).toBe(true);
  });
});

describe("a user's abort", () => {
  test('ends the wait at once, with the very reason, and nothing is sent again', async () => {
    const controller = new AbortController();
    const reason = { mine: true };
    const pending = outcome(client().get('a', { signal: controller.signal }));
    await (await world.wire.expect('GET /a')).respond(503);
    await world.clock.advance(100);
    controller.abort(reason);
    expect(await pending).toBe(reason);
    await world.wire.expectNothing(60_000);
  });

  test('in flight is not retried', async () => {
    const controller = new AbortController();
    const pending = outcome(client().get('a', { signal: controller.signal }));
    await world.wire.expect('GET /a');
    controller.abort();
    expect(await pending).toBe(controller.signal.reason);
    await world.wire.expectNothing(60_000);
  });
});

describe("ky's own options are the base", () => {
  test('limit, methods, statuses, delay, jitter and cap', async () => {
    const own: Options['retry'] = {
      limit: 1,
      methods: ['post'],
      statusCodes: [418],
      delay: () => 5_000,
      jitter: false,
      backoffLimit: 700,
    };
    const pending = outcome(client({}, { retry: own }).post('a', { json: {} }));
    await (await world.wire.expect('POST /a')).respond(418);
    await world.wire.expectNothing(699);
    await world.clock.advance(1);
    await (await world.wire.expect('POST /a')).respond(418);
    expect(await pending).toBeInstanceOf(HTTPError);
    expect(world.wire.exchanges).toHaveLength(2);
  });

  test.each<[own: Options['retry'], waits: readonly number[]]>([
    [{ delay: (count) => 50 * count, jitter: false }, [50, 100, 150]],
    [{ backoffLimit: 500, jitter: false }, [300, 500, 500]],
    [{ delay: () => 800, backoffLimit: 500, jitter: false }, [500, 500]],
    [{ jitter: true }, [150, 300]],
    [{ jitter: (delay) => delay + 1 }, [301, 601]],
    [{}, [150, 300]],
  ])('%o: waits %o', async (own, waits) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const pending = client({}, { retry: { ...(own as object), limit: waits.length } }).get('a');
    for (const wait of waits) {
      await (await world.wire.expect('GET /a')).respond(503);
      await world.wire.expectNothing(wait - 1);
      await world.clock.advance(1);
    }
    await (await world.wire.expect('GET /a')).respond(200);
    expect(traceOf(await pending)?.decisions).toEqual(
      waits.map(() => expect.objectContaining({ verdict: 'retry' })),
    );
  });

  test('ours, where given, win', async () => {
    const pending = client(
      { ...plainWait, limit: 5, statusCodes: [503] },
      { retry: { limit: 1, statusCodes: [418] } },
    ).get('a');
    for (const wait of [300, 600]) {
      await (await world.wire.expect('GET /a')).respond(503);
      await world.clock.advance(wait);
    }
    await (await world.wire.expect('GET /a')).respond(200);
    expect((await pending).ok).toBe(true);
  });

  test('retry: 0 stays 0', async () => {
    const pending = outcome(client({ limit: 5 }).get('a', { retry: 0 }));
    await (await world.wire.expect('GET /a')).respond(503);
    await world.wire.expectNothing(60_000);
    expect(await pending).toBeInstanceOf(HTTPError);
  });

  test('what ky refuses, ky refuses', async () => {
    expect(() => void client().get('a', { retry: { limit: -1 } })).toThrow('`retry.limit` must be');
    expect(() => void client().get('a', { retry: { methods: 'get' as never } })).toThrow(
      'retry.methods must be an array',
    );
  });
});

describe('shouldRetry', () => {
  test('forces, forbids, or leaves it to the rules; it is told what happened', async () => {
    const told: unknown[] = [];
    const shouldRetry: RetryOptions['shouldRetry'] = ({ call, response, error, retryCount }) => {
      told.push([call.attempts.length, response?.status, error.name, retryCount]);
      return { 418: true, 503: false }[response!.status];
    };
    const pending = outcome(client({ ...plainWait, shouldRetry }).get('a'));
    await (await world.wire.expect('GET /a')).respond(418);
    await world.clock.advance(300);
    await (await world.wire.expect('GET /a')).respond(500);
    await world.clock.advance(600);
    await (await world.wire.expect('GET /a')).respond(503);
    expect(reasons(await pending)).toEqual([
      'retry: shouldRetry says so',
      'retry: status 500 is retryable',
      'stop: shouldRetry forbids it',
    ]);
    expect(told).toEqual([
      [1, 418, 'HTTPError', 1],
      [2, 500, 'HTTPError', 2],
      [3, 503, 'HTTPError', 3],
    ]);
  });

  test('that throws breaks nothing, and the record says so', async () => {
    const shouldRetry = (): never => {
      throw new RangeError('mine');
    };
    const pending = client({ ...plainWait, shouldRetry }).get('a');
    await (await world.wire.expect('GET /a')).respond(503);
    await world.clock.advance(300);
    await (await world.wire.expect('GET /a')).respond(200);
    expect(reasons(await pending)).toEqual([
      'threw: shouldRetry threw RangeError',
      'retry: status 503 is retryable',
    ]);
  });
});

test('an answer that fails its schema is not retried: the exchange succeeded', async () => {
  const schema = {
    '~standard': { version: 1 as const, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
  };
  const pending = outcome(client().get('a').json(schema));
  await (await world.wire.expect('GET /a')).respond(200, { json: {} });
  await world.wire.expectNothing(60_000);
  expect(await pending).toMatchObject({ name: 'SchemaValidationError' });
});

test('retry(false) gives ky its own retry back', async () => {
  const pending = client({ limit: 0 }).get('a', retry(false));
  await (await world.wire.expect('GET /a')).respond(503);
  await world.clock.advance(300);
  await (await world.wire.expect('GET /a')).respond(200);
  expect((await pending).ok).toBe(true);
});

test('explain() shows the options in force', () => {
  const { layers } = explain(client({ limit: 5 }, { retry: { statusCodes: [503], maxRetryAfter: 7 } }));
  expect(layers[0]).toMatchObject({
    name: 'retry',
    stages: ['gate: prepare', 'wire: time', 'verdict: decide'],
    options: { limit: '5', statusCodes: '[503]', maxRetryAfter: '7', jitter: '"full"' },
  });
  expect(Object.keys(layers[0]!.options)).toEqual(Object.keys(retryDefaults));
});

test('reports every fault of its options at once', () => {
  for (const budget of [{ ratio: -1 }, { perSecond: Number.NaN }, { ratio: Infinity }, { ratio: '1' }])
    expect(() => retry({ budget } as never)).toThrow(/budget\.\w+ must be a number from 0 up/);
  expect(() => retry({ budget: { ratio: 0, perSecond: 0.5 } })).not.toThrow();
  expect(() =>
    retry({ limit: 1.5, methods: 'get', jitter: 'ful', maxRetryAfter: -1, tries: 3 } as never),
  ).toThrow(
    /limit must be .*got 1\.5[^]*methods must be .*got "get"[^]*jitter must be one of "full", "equal", "decorrelated", "none" or a function, got "ful"[^]*maxRetryAfter must be [^]*tries is not an option/,
  );
  expect(() => retry(5 as never)).toThrow('the argument must be an object or false, got 5');
});
