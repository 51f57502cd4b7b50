import { onSettled } from '@kyhooks/core';
import {
  networkError,
  type ScriptedWire,
  scriptedWire,
  type VirtualClock,
  virtualClock,
} from '@kyhooks/testing';
import ky, { HTTPError, type KyInstance, type Options } from 'ky';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { result } from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
});
afterEach(() => clock.uninstall());

const User = v.object({ id: v.number(), name: v.string() });
const ApiError = v.object({ code: v.string(), message: v.string(), request_id: v.string() });
const ada = { id: 1, name: 'Ada' };

const plain = (options: Options = {}): KyInstance =>
  ky.create({ baseUrl: 'https://api.test/', fetch: wire.fetch, retry: 0, ...options });
const layered = (options: Options = {}): KyInstance =>
  plain({ retry: { limit: 1 }, ...options }).extend(onSettled(() => undefined));

describe('success', () => {
  test('gives data, status, headers, time and attempts', async () => {
    await clock.advance(1_000);
    const pending = result(layered().get('users/1'), User);
    await (await wire.expect('GET /users/1')).respond(503);
    await clock.advance(300);
    const exchange = await wire.expect('GET /users/1');
    expect(exchange.request.headers.get('accept')).toBe('application/json');
    await exchange.respond(200, { json: ada, headers: { 'x-request-id': 'r-7' } });
    const user = await pending;
    expect(user).toMatchObject({
      ok: true,
      data: ada,
      status: 200,
      latencyMs: 300,
      attempts: 2,
      requestId: 'r-7',
    });
    expect(user.ok && user.headers.get('content-type')).toBe('application/json');
    expect(user.trace?.attempts.map(({ status }) => status)).toEqual([503, 200]);
  });

  test('knows no attempts and no record without a layer', async () => {
    const pending = result(plain().get('users/1'));
    await (await wire.expect('GET /users/1')).respond(200, { json: ada });
    expect(await pending).toMatchObject({ ok: true, data: ada, attempts: undefined, trace: undefined });
  });

  test.each([204, 200])('an empty body (%d) is undefined', async (status) => {
    const pending = result(plain().delete('users/1'));
    await (await wire.expect('DELETE /users/1')).respond(status);
    expect(await pending).toMatchObject({ ok: true, data: undefined, status });
  });

  test.each([
    ['text', 'hello'],
    ['bytes', new TextEncoder().encode('hello')],
    ['arrayBuffer', new TextEncoder().encode('hello').buffer],
  ] as const)('reads as %s', async (how, expected) => {
    const pending = result(plain().get('a'), how);
    await (await wire.expect('GET /a')).respond(200, { body: 'hello' });
    const read = await pending;
    expect(read.ok && read.data).toEqual(expected);
  });

  test('leaves the body unread where the response is wanted', async () => {
    const pending = result(plain().get('a'), 'response');
    await (await wire.expect('GET /a')).respond(200, { body: 'hello' });
    const read = await pending;
    expect(wire.bodies).toEqual(['unread']);
    expect(read.ok && (await read.data.text())).toBe('hello');
  });

  test('with options only, the body is JSON', async () => {
    const pending = result(plain().get('a'), { error: ApiError });
    await (await wire.expect('GET /a')).respond(200, { json: ada });
    expect(await pending).toMatchObject({ ok: true, data: ada });
  });

  test('is what a page may not look at, as it is for ky', async () => {
    const opaque = Object.defineProperties(new Response(null), {
      type: { value: 'opaque' },
      status: { value: 0 },
      ok: { value: false },
    });
    const read = await result(plain({ fetch: async () => opaque }).get('a', { mode: 'no-cors' }), 'response');
    expect(read).toMatchObject({ ok: true, status: 0 });
  });

  test('names the request that its body names', async () => {
    const pending = result(plain().get('a'), v.object({ id: v.number() }));
    await (await wire.expect('GET /a')).respond(200, { json: { id: 1, request_id: 'r-1' } });
    expect(await pending).toMatchObject({ ok: true, data: { id: 1 }, requestId: 'r-1' });
  });

  test('names no request where nobody does', async () => {
    const pending = result(plain().get('a'));
    await (await wire.expect('GET /a')).respond(200, { json: { request_id: 7 } });
    expect(await pending).not.toHaveProperty('requestId');
  });

  test("goes by the user's parseJson", async () => {
    const pending = result(plain({ parseJson: (text) => ({ ...JSON.parse(text), parsed: true }) }).get('a'));
    await (await wire.expect('GET /a')).respond(200, { json: ada });
    expect(await pending).toMatchObject({ data: { ...ada, parsed: true } });
  });
});

describe('failure', () => {
  const told = { code: 'no_such_user', message: 'There is none', request_id: 'r-9' };

  for (const throwHttpErrors of [true, false]) {
    test(`http: a typed error body, throwHttpErrors ${throwHttpErrors}`, async () => {
      const pending = result(layered({ throwHttpErrors }).get('users/1'), User, { error: ApiError });
      await (await wire.expect('GET /users/1')).respond(404, { json: told });
      const user = await pending;
      expect(user).toMatchObject({
        ok: false,
        kind: 'http',
        status: 404,
        data: told,
        attempts: 1,
        requestId: 'r-9',
      });
      expect(!user.ok && user.error instanceof HTTPError).toBe(throwHttpErrors);
      expect(!user.ok && user.error).toMatchObject({ message: expect.stringContaining('404') });
      expect(user.trace?.attempts).toMatchObject([{ status: 404 }]);
    });
  }

  test('http: a body that does not fit the error schema is not handed on as one', async () => {
    const pending = result(plain().get('a'), { error: ApiError });
    await (await wire.expect('GET /a')).respond(500, { body: '<html>' });
    const failed = await pending;
    expect(failed).not.toHaveProperty('data');
    expect(failed).toMatchObject({ kind: 'http', status: 500, error: { data: '<html>' } });
  });

  test('http: the body as it came, without an error schema', async () => {
    const pending = result(plain().get('a'));
    await (await wire.expect('GET /a')).respond(500, { body: '<html>' });
    expect(await pending).toMatchObject({ kind: 'http', data: '<html>' });
  });

  test('http: an error schema that throws breaks nothing', async () => {
    const broken = v.pipe(
      v.unknown(),
      v.transform(() => {
        throw new Error('mine');
      }),
    );
    const pending = result(plain().get('a'), { error: broken });
    await (await wire.expect('GET /a')).respond(500, { json: {} });
    expect(await pending).toMatchObject({ kind: 'http', status: 500 });
  });

  test("http: the server's pause", async () => {
    const pending = result(plain().get('a'));
    await (await wire.expect('GET /a')).respond(429, { headers: { 'retry-after': '7' } });
    expect(await pending).toMatchObject({ kind: 'http', status: 429, retryAfterMs: 7_000 });
  });

  test('http: a pause that the body tells of', async () => {
    const pending = result(plain().get('a'));
    await (
      await wire.expect('GET /a')
    ).respond(403, { json: { message: 'You have exceeded a secondary rate limit.' } });
    expect(await pending).toMatchObject({ kind: 'http', status: 403, retryAfterMs: 60_000 });
  });

  test('http: a body that is null is null', async () => {
    const pending = result(plain({ throwHttpErrors: false }).get('a'));
    await (await wire.expect('GET /a')).respond(500, { json: null });
    expect(await pending).toMatchObject({ kind: 'http', data: null });
  });

  test('a schema of errors says nothing of what is none: no answer, or one that does not fit', async () => {
    const error = v.optional(v.unknown(), { code: 'default' });
    const lost = result(plain().get('a'), { error });
    await (await wire.expect('GET /a')).fail(networkError('ECONNREFUSED'));
    expect(await lost).not.toHaveProperty('data');
    const odd = result(plain().get('a'), { error });
    await (await wire.expect('GET /a')).respond(200, { body: '<html>' });
    expect(await odd).not.toHaveProperty('data');
    const other = result(plain().get('a'), User, { error: ApiError });
    await (await wire.expect('GET /a')).respond(200, { json: { id: 'one' } });
    expect(await other).toMatchObject({ kind: 'schema', data: { id: 'one' } });
  });

  test('network', async () => {
    const pending = result(plain().get('a'));
    await (await wire.expect('GET /a')).fail(networkError('ECONNREFUSED'));
    expect(await pending).toMatchObject({ ok: false, kind: 'network', error: { name: 'NetworkError' } });
  });

  test('network: a body that breaks', async () => {
    const pending = result(plain().get('a'));
    const body = await (await wire.expect('GET /a')).open(200);
    body.fail(new TypeError('terminated', { cause: Object.assign(new Error(), { code: 'UND_ERR_SOCKET' }) }));
    expect(await pending).toMatchObject({ kind: 'network', status: 200 });
  });

  // Of Node, Chromium, Firefox and Safari.
  test.each([
    'terminated',
    'network error',
    'NetworkError when attempting to fetch resource.',
    'Error in input stream',
    'Error in body stream',
    'Load failed',
    'Failed to fetch',
  ])('network: a body that breaks with the words "%s"', async (message) => {
    const broken = (): Promise<never> => Promise.reject(new TypeError(message));
    const answer = Object.assign(new Response('{}'), { text: broken, json: broken });
    const failed = await result(plain({ fetch: async () => answer }).get('a'));
    expect(failed).toMatchObject({ kind: 'network', status: 200 });
  });

  test.each([new Error('terminated'), new TypeError('was terminated')])(
    'what only has such words is no failure of the network: %s',
    async (raised) => {
      const failed = await result(() => Promise.reject(raised) as never);
      expect(failed).toMatchObject({ kind: 'unknown', error: raised });
    },
  );

  test('timeout: of ky', async () => {
    const pending = result(plain({ timeout: 50 }).get('a'));
    await clock.advance(50);
    expect(await pending).toMatchObject({ kind: 'timeout', latencyMs: 50 });
  });

  test('timeout: while the body stalls', async () => {
    const pending = result(plain({ timeout: 1_000 }).get('a'));
    await (await wire.expect('GET /a')).respond(200, { body: 'half', stall: true });
    await clock.advance(60_000);
    expect(await pending).toMatchObject({ kind: 'timeout', status: 200 });
  });

  test('schema: with the body that does not fit', async () => {
    const pending = result(layered().get('users/1'), User);
    await (await wire.expect('GET /users/1')).respond(200, { json: { id: 'one' } });
    const user = await pending;
    expect(user).toMatchObject({ kind: 'schema', status: 200, data: { id: 'one' }, attempts: 1 });
    expect(!user.ok && user.error).toMatchObject({ name: 'SchemaValidationError' });
  });

  test('parse', async () => {
    const pending = result(plain().get('a'));
    await (await wire.expect('GET /a')).respond(200, { body: '<html>' });
    expect(await pending).toMatchObject({ kind: 'parse', status: 200 });
  });

  test.each([
    ['an error', new Error('mine')],
    ['an object', { why: 'mine' }],
    ['an AbortError', undefined],
    ['what a signal of AbortSignal.timeout() aborts with', new DOMException('late', 'TimeoutError')],
  ])('aborted: %s', async (_, reason) => {
    const controller = new AbortController();
    const pending = result(layered({ signal: controller.signal }).get('a'));
    await wire.expect('GET /a');
    controller.abort(reason);
    expect(await pending).toMatchObject({ kind: 'aborted', error: controller.signal.reason });
  });

  test.each([
    ['an AbortError', undefined],
    ['what a signal of AbortSignal.timeout() aborts with', new DOMException('late', 'TimeoutError')],
  ])('aborted, without a layer: %s', async (_, reason) => {
    const controller = new AbortController();
    const pending = result(plain({ signal: controller.signal }).get('a'));
    await wire.expect('GET /a');
    controller.abort(reason);
    expect(await pending).toMatchObject({ kind: 'aborted', error: controller.signal.reason });
  });

  test('stopped', async () => {
    const api = layered({ hooks: { beforeRetry: [() => ky.stop] } });
    const pending = result(api.get('a'), 'text');
    await (await wire.expect('GET /a')).respond(503);
    await clock.advance(300);
    expect(await pending).toMatchObject({
      kind: 'stopped',
      error: { message: 'A hook returned `ky.stop`: there is no answer' },
    });
  });

  test('unknown: a hook that throws', async () => {
    const thrown = new Error('mine');
    const throws = (): never => {
      throw thrown;
    };
    expect(await result(plain({ hooks: { beforeRequest: [throws] } }).get('a'))).toMatchObject({
      kind: 'unknown',
      error: thrown,
    });
  });

  test('options that ky refuses, where the call is a function', async () => {
    const failed = await result(() => plain().get('a', { retry: 'twice' as never }));
    expect(failed).toMatchObject({ ok: false, kind: 'unknown' });
  });

  test('an error that a hook has wrapped is told by what is inside', async () => {
    const api = plain({ hooks: { beforeError: [({ error }) => new Error('mine', { cause: error })] } });
    const pending = result(api.get('a'));
    await (await wire.expect('GET /a')).respond(409, { json: told });
    expect(await pending).toMatchObject({ kind: 'http', status: 409, data: told, requestId: 'r-9' });
  });

  test('so is the pause of a limiter', async () => {
    const limited = Object.assign(new Error('layer'), { code: 'RATE_LIMIT_QUEUE_FULL', retryAfterMs: 1_500 });
    const api = plain({ hooks: { beforeError: [({ error }) => new Error('mine', { cause: error })] } });
    const throws = (): never => {
      throw limited;
    };
    const failed = await result(api.extend({ hooks: { beforeRequest: [throws] } }).get('a'));
    expect(failed).toMatchObject({ kind: 'rate-limit', retryAfterMs: 1_500 });
  });

  test('an error that wraps itself is of no kind', async () => {
    const error = new Error('mine');
    error.cause = error;
    expect(await result(() => Promise.reject(error) as never)).toMatchObject({ kind: 'unknown', error });
  });

  test('an error whose getters throw is handed on as it is', async () => {
    const error = Object.defineProperty(new Error('mine'), 'code', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(await result(() => Promise.reject(error) as never)).toEqual({
      ok: false,
      kind: 'unknown',
      error,
      latencyMs: 0,
      attempts: undefined,
      trace: undefined,
    });
    const hostile = {
      parseJson: () => ({
        get request_id() {
          throw error;
        },
      }),
    };
    const pending = result(plain({ throwHttpErrors: false, ...hostile }).get('a'));
    await (await wire.expect('GET /a')).respond(500, { json: {} });
    expect(await pending).toMatchObject({ ok: false, kind: 'http', status: 500 });
  });

  test.each([
    ['RATE_LIMIT_QUEUE_FULL', 'rate-limit'],
    ['AUTH_REFUSED', 'auth'],
    ['IDEMPOTENCY_KEY_INVALID', 'idempotency'],
    ['SCHEMA', 'schema'],
    ['SCHEMA_RESPONSE', 'schema'],
    ['ATTEMPT_TIMEOUT', 'timeout'],
    ['TOTAL_TIMEOUT', 'timeout'],
    ['BODY_TIMEOUT', 'timeout'],
    ['DEADLINE', 'timeout'],
    ['ECONNRESET', 'network'],
    ['OTHER', 'unknown'],
    ['MY_RATE_LIMIT_OF_5', 'unknown'],
    ['SCHEMATIC', 'unknown'],
    ['ATTEMPT_TIMEOUTS', 'unknown'],
  ])('an error with the code %s is of the kind %s', async (code, kind) => {
    const throws = (): never => {
      throw Object.assign(new Error('layer'), { code, retryAfterMs: 1_500 });
    };
    const failed = await result(plain({ hooks: { beforeRequest: [throws] } }).get('a'));
    expect(failed).toMatchObject({ kind, retryAfterMs: 1_500 });
  });
});

test('the end of the call is heard as ever', async () => {
  const ends: unknown[] = [];
  const api = plain().extend(onSettled(({ outcome }) => ends.push(outcome)));
  const pending = result(api.get('a'));
  await (await wire.expect('GET /a')).respond(200, { json: ada });
  await pending;
  expect(ends).toEqual(['ok']);
});
