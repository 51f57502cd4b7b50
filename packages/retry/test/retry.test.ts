import { gate, layer, traceOf } from '@kyhooks/core';
import {
  networkError,
  type ScriptedWire,
  scriptedWire,
  type VirtualClock,
  virtualClock,
} from '@kyhooks/testing';
import ky, { HTTPError, type KyInstance, NetworkError, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { constant, retry, retryDefaults, type RetryOptions } from '../src/index.ts';

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

const plainWait: RetryOptions = { jitter: 'none' };
const client = (options: RetryOptions = plainWait, more: Options = {}): KyInstance =>
  ky
    .create({ baseUrl: 'https://api.test/', fetch: wire.fetch, timeout: false, ...more })
    .extend(retry(options));

/** The outcome of a promise that must not go unhandled while the clock is moved. */
const outcome = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).catch((error: unknown) => error);
const reasons = (result: unknown): unknown =>
  traceOf(result)?.decisions.map(({ verdict, reason }) => `${verdict}: ${reason}`);

test('pins the defaults', () => {
  const { backoff, ...rest } = retryDefaults;
  expect(rest).toEqual({
    limit: 3,
    methods: ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'],
    statusCodes: [408, 425, 429, 500, 502, 503, 504],
    jitter: 'full',
    maxRetryAfter: 60_000,
  });
  expect([1, 2, 3, 7, 8, 1_100].map(backoff)).toEqual([300, 600, 1_200, 19_200, 20_000, 20_000]);
});

describe('statuses', () => {
  for (const status of retryDefaults.statusCodes) {
    test(`${status} is retried`, async () => {
      const pending = client().get('users/1').json();
      await (await wire.expect('GET /users/1')).respond(status);
      await wire.expectNothing(299);
      await clock.advance(1);
      await (await wire.expect('GET /users/1')).respond(200, { json: { id: 1 } });
      expect(await pending).toEqual({ id: 1 });
    });
  }

  test.each([300, 400, 401, 403, 404, 409, 413, 422, 501, 505])('%d is not', async (status) => {
    const pending = outcome(client().get('a'));
    await (await wire.expect('GET /a')).respond(status);
    await wire.expectNothing(60_000);
    expect(await pending).toBeInstanceOf(HTTPError);
    expect(reasons(await pending)).toEqual([`stop: status ${status} is not retryable`]);
  });

  test('413 is when the server says until when', async () => {
    const pending = client().get('a').text();
    await (await wire.expect('GET /a')).respond(413, { headers: { 'retry-after': '3' } });
    await wire.expectNothing(2_999);
    await clock.advance(1);
    await (await wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });
});

describe('network errors', () => {
  test.each(['ECONNRESET', 'ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT'])(
    '%s is retried',
    async (code) => {
      const pending = outcome(client({ ...plainWait, limit: 1 }).get('a'));
      await (await wire.expect('GET /a')).fail(networkError(code));
      await clock.advance(300);
      await (await wire.expect('GET /a')).fail(networkError(code));
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
    await (await wire.expect('GET /a')).fail(error);
    await wire.expectNothing(60_000);
    expect(await pending).toBeInstanceOf(Error);
    expect(wire.exchanges).toHaveLength(1);
  });
});

describe('attempt timeouts', () => {
  test('are retried, with a clock of their own each', async () => {
    const pending = client(plainWait, { timeout: 500 }).get('a').text();
    await clock.advance(500 + 300);
    await clock.advance(499);
    await (await wire.expect('GET /a')).respond(200);
    await (await wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test("are not where ky's own option says so", async () => {
    const pending = outcome(client(plainWait, { timeout: 500, retry: { retryOnTimeout: false } }).get('a'));
    await clock.advance(60_000);
    expect(await pending).toMatchObject({ name: 'TimeoutError' });
    expect(wire.exchanges).toHaveLength(1);
  });
});

describe('methods', () => {
  test.each(['post', 'patch'] as const)('%s is not sent twice', async (method) => {
    const pending = outcome(client()[method]('a', { json: {} }));
    await (await wire.expect(`${method.toUpperCase()} /a`)).respond(503);
    await wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      `stop: status 503 is retryable, but ${method.toUpperCase()} is not safe to send twice`,
    ]);
  });

  test.each(['put', 'delete', 'head'] as const)('%s is', async (method) => {
    const pending = client()[method]('a');
    await (await wire.expect(`${method.toUpperCase()} /a`)).respond(503);
    await clock.advance(300);
    await (await wire.expect(`${method.toUpperCase()} /a`)).respond(200);
    expect((await pending).status).toBe(200);
  });

  test('POST is where it is named, with the same body', async () => {
    const pending = client({ ...plainWait, methods: ['post'] }).post('a', { json: { a: 1 } });
    const first = await wire.expect('POST /a');
    expect(await first.request.json()).toEqual({ a: 1 });
    await first.respond(503);
    await clock.advance(300);
    const second = await wire.expect('POST /a');
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
    await (await wire.expect('POST /a')).fail(networkError('ECONNRESET'));
    await clock.advance(300);
    await (await wire.expect('POST /a')).respond(201);
    expect((await pending).status).toBe(201);
  });

  test.each([
    ['by an option', (api: KyInstance) => api('a', { method: 'PURGE' })],
    ['by a Request', (api: KyInstance) => api(new Request('https://api.test/a', { method: 'PURGE' }))],
  ])('a method of its own kind, %s, is where it is named', async (_, call) => {
    const pending = call(client({ ...plainWait, methods: ['PURGE'] }));
    await (await wire.expect('PURGE /a')).respond(503);
    await clock.advance(300);
    await (await wire.expect('PURGE /a')).respond(200);
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
    await (await wire.expect('PUT /a')).respond(503, { body: 'first' });
    await wire.expectNothing(60_000);
    expect(await pending).toMatchObject({ name: 'HTTPError', data: 'first' });
    expect(reasons(await pending)).toEqual(['stop: status 503 is retryable, but its body is a stream']);
    expect(tee).not.toHaveBeenCalled();
  });

  test('a body inside a Request may be a stream', async () => {
    const request = new Request('https://api.test/a', { method: 'PUT', body: 'text' });
    const pending = outcome(client()(request));
    await (await wire.expect('PUT /a')).respond(503);
    await wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      'stop: status 503 is retryable, but the body of its Request may be a stream',
    ]);
  });

  test('a Request without a body is sent again', async () => {
    const pending = client()(new Request('https://api.test/a', { method: 'DELETE' }));
    await (await wire.expect('DELETE /a')).respond(503);
    await clock.advance(300);
    await (await wire.expect('DELETE /a')).respond(200);
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
    await (await wire.expect('GET /a')).respond(429, { headers: { 'retry-after': value } });
    if (expected > 0) await wire.expectNothing(expected - 1);
    await clock.advance(1);
    await (await wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('beyond maxRetryAfter it ends the call at once, with the original answer', async () => {
    const pending = outcome(client({ maxRetryAfter: 1_000 }).get('a'));
    await (await wire.expect('GET /a')).respond(503, { body: 'busy', headers: { 'retry-after': '2' } });
    expect(await pending).toMatchObject({ name: 'HTTPError', data: 'busy' });
    expect(clock.elapsedMs).toBe(0);
    expect(reasons(await pending)).toEqual([
      "stop: status 503 is retryable, but the server's pause of 2000 ms exceeds maxRetryAfter of 1000 ms",
    ]);
  });

  test("that does not fit ky's total timeout ends the call at once, with the original answer", async () => {
    const pending = outcome(client(plainWait, { totalTimeout: 5_000 }).get('a'));
    await (await wire.expect('GET /a')).respond(429, { headers: { 'retry-after': '30' } });
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
    await (await wire.expect('GET /a')).respond(503, { body: 'first' });
    await clock.advance(100);
    await (await wire.expect('GET /a')).respond(503, { body: 'second' });
    const response = await pending;
    expect(response.status).toBe(503);
    expect(wire.bodies).toEqual(['cancelled', 'unread']);
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
    await (await wire.expect('GET /a')).respond(503, { json: { code: 'busy' } });
    await clock.advance(300);
    await (await wire.expect('GET /a')).respond(200);
    expect((await pending).ok).toBe(true);
    expect(seen).toEqual([503, { code: 'busy' }, 1]);
  });

  test('the same for a function', async () => {
    const pending = client(plainWait, { throwHttpErrors: (status) => status !== 503 }).get('a');
    await (await wire.expect('GET /a')).respond(503);
    await clock.advance(300);
    await (await wire.expect('GET /a')).respond(200);
    expect((await pending).ok).toBe(true);
  });
});

describe("a user's abort", () => {
  test('ends the wait at once, with the very reason, and nothing is sent again', async () => {
    const controller = new AbortController();
    const reason = { mine: true };
    const pending = outcome(client().get('a', { signal: controller.signal }));
    await (await wire.expect('GET /a')).respond(503);
    await clock.advance(100);
    controller.abort(reason);
    expect(await pending).toBe(reason);
    await wire.expectNothing(60_000);
  });

  test('in flight is not retried', async () => {
    const controller = new AbortController();
    const pending = outcome(client().get('a', { signal: controller.signal }));
    await wire.expect('GET /a');
    controller.abort();
    expect(await pending).toBe(controller.signal.reason);
    await wire.expectNothing(60_000);
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
    await (await wire.expect('POST /a')).respond(418);
    await wire.expectNothing(699);
    await clock.advance(1);
    await (await wire.expect('POST /a')).respond(418);
    expect(await pending).toBeInstanceOf(HTTPError);
    expect(wire.exchanges).toHaveLength(2);
  });

  test('ours, where given, win', async () => {
    const pending = client(
      { ...plainWait, limit: 5, statusCodes: [503] },
      { retry: { limit: 1, statusCodes: [418] } },
    ).get('a');
    for (const wait of [300, 600]) {
      await (await wire.expect('GET /a')).respond(503);
      await clock.advance(wait);
    }
    await (await wire.expect('GET /a')).respond(200);
    expect((await pending).ok).toBe(true);
  });

  test('retry: 0 stays 0', async () => {
    const pending = outcome(client({ limit: 5 }).get('a', { retry: 0 }));
    await (await wire.expect('GET /a')).respond(503);
    await wire.expectNothing(60_000);
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
    await (await wire.expect('GET /a')).respond(418);
    await clock.advance(300);
    await (await wire.expect('GET /a')).respond(500);
    await clock.advance(600);
    await (await wire.expect('GET /a')).respond(503);
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
    await (await wire.expect('GET /a')).respond(503);
    await clock.advance(300);
    await (await wire.expect('GET /a')).respond(200);
    expect(reasons(await pending)).toEqual([
      'threw: shouldRetry threw RangeError',
      'retry: status 503 is retryable',
    ]);
  });
});

test('retry(false) gives ky its own retry back', async () => {
  const pending = client({ limit: 0 }).get('a', retry(false));
  await (await wire.expect('GET /a')).respond(503);
  await clock.advance(300);
  await (await wire.expect('GET /a')).respond(200);
  expect((await pending).ok).toBe(true);
});

test('reports every fault of its options at once', () => {
  expect(() =>
    retry({ limit: 1.5, methods: 'get', jitter: 'ful', maxRetryAfter: -1, tries: 3 } as never),
  ).toThrow(
    /limit must be .*got 1\.5[^]*methods must be .*got "get"[^]*jitter must be one of "full", "equal", "none" or a function, got "ful"[^]*maxRetryAfter must be [^]*tries is not an option/,
  );
  expect(() => retry(5 as never)).toThrow('the argument must be an object or false, got 5');
});
