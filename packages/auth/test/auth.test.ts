import { explain, gate, layer, onSettled, OptionsError, traceOf, wait, wire as onWire } from '@kyhooks/core';
import { budgetOf, resetBudgets } from '@kyhooks/core/budget';
import { type ScriptedWire, scriptedWire, type VirtualClock, virtualClock, outcome } from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  auth,
  authDefaults,
  type AuthError,
  type AuthOptions,
  inQuery,
  isAuthError,
  type Sign,
} from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
  resetBudgets();
});
afterEach(() => clock.uninstall());

const client = (options: AuthOptions, more: Options = {}): KyInstance =>
  ky
    .create({
      baseUrl: 'https://api.test/',
      fetch: (input, init) => wire.fetch(seen(input as Request), init),
      retry: 0,
      timeout: false,
      ...more,
    })
    .extend(auth(options));

/** As it was on the wire: the layer takes the credentials off again. */
const seen = (request: Request): Request => new Request(request.clone(), { signal: request.signal });

const signature = (index = -1): string | null =>
  wire.exchanges.at(index)!.request.headers.get('authorization');
const decisions = (result: unknown): unknown =>
  traceOf(result)?.decisions.map(({ verdict, reason }) => `${verdict}: ${reason}`);
const reasons = (result: unknown): unknown => traceOf(result)?.decisions.map(({ reason }) => reason);

/** Tokens `t1`, `t2` … by a refresh that takes a while, is counted, and can be made to fail. */
class Server {
  refreshes = 0;
  readonly told: (string | undefined)[] = [];
  failure: unknown;
  readonly #delay: number;

  constructor(delay = 0) {
    this.#delay = delay;
  }

  readonly refresh = async (old: string | undefined): Promise<string> => {
    const number = ++this.refreshes;
    this.told.push(old);
    await new Promise((resolve) => setTimeout(resolve, this.#delay));
    if (this.failure) throw this.failure;
    return `t${number}`;
  };
}

test('pins the defaults', () => {
  expect(authDefaults).toEqual({ refreshBefore: 30_000, scheme: 'Bearer', header: 'authorization' });
});

describe('signs', () => {
  const send = async (options: AuthOptions, path = 'a'): Promise<Request> => {
    const pending = client(options).get(path);
    await clock.settle();
    const exchange = wire.exchanges.at(-1)!;
    await exchange.respond(200);
    await pending;
    return exchange.request;
  };

  test.each<[string, AuthOptions, string, string | null]>([
    ['with a bearer token', { token: 'secret' }, 'authorization', 'Bearer secret'],
    ['with a token from a function', { token: () => 'secret' }, 'authorization', 'Bearer secret'],
    [
      'with a token from a promise',
      { token: async () => ({ token: 'secret' }) },
      'authorization',
      'Bearer secret',
    ],
    ['with another scheme', { token: 'secret', scheme: 'token' }, 'authorization', 'token secret'],
    ['with an API key', { token: 'secret', scheme: '', header: 'x-api-key' }, 'x-api-key', 'secret'],
    [
      'by a function',
      { token: 'a', sign: ({ headers }, token) => headers.set('x-sig', `${token}!`) },
      'x-sig',
      'a!',
    ],
    ['not without a token', { token: () => undefined }, 'authorization', null],
  ])('%s', async (_, options, header, expected) => {
    expect((await send(options)).headers.get(header)).toBe(expected);
  });

  test('in the query', async () => {
    expect((await send({ token: 's e', sign: inQuery('key') }, 'a?b=1')).url).toBe(
      'https://api.test/a?b=1&key=s+e',
    );
  });

  test('in the query, a request with a body', async () => {
    const pending = client({ token: 'secret', sign: inQuery('key') }).post('a', {
      json: { b: 1 },
      headers: { 'x-b': 'c' },
    });
    // A browser reads the body in its own time.
    while (wire.exchanges.length === 0) await clock.settle();
    const exchange = await wire.expect('POST /a?key=secret');
    const { request } = exchange;
    expect([request.headers.get('content-type'), request.headers.get('x-b')]).toEqual([
      'application/json',
      'c',
    ]);
    expect(await request.json()).toEqual({ b: 1 });
    await exchange.respond(200);
    expect((await pending).url).toBe('https://api.test/a');
  });

  test('in the query, where a request does not show its body', async () => {
    // As in Firefox.
    const hidden = (request: Request): Request =>
      Object.defineProperty(request, 'body', { value: undefined });
    const put = hidden(new Request('https://api.test/a', { method: 'PUT', body: 'content' }));
    const signed = (await inQuery('key')(put, 'secret')) as Request;
    expect([signed.url, await signed.text()]).toEqual(['https://api.test/a?key=secret', 'content']);
    const get = hidden(new Request('https://api.test/a'));
    expect(((await inQuery('key')(get, 'secret')) as Request).url).toBe('https://api.test/a?key=secret');
  });

  test('by a function that gives another request', async () => {
    const sign: Sign = (request, token) => new Request(`${request.url}?signed=${token}`, request);
    const request = await send({ token: 'a', sign });
    expect([request.url, request.headers.get('authorization')]).toEqual([
      'https://api.test/a?signed=a',
      null,
    ]);
  });

  test('not in the query without a token', async () => {
    expect((await send({ sign: inQuery('key') })).url).toBe('https://api.test/a');
  });

  test('after all waiting, with the token of that moment', async () => {
    let token = 'old';
    const queue = layer({
      name: 'queue',
      places: [
        gate({ stage: 'admit', run: () => new Promise((resolve) => void setTimeout(resolve, 1_000)) }),
      ],
    });
    const server = new Server();
    const api = client({ token: () => token, refresh: server.refresh });
    const waiting = api.extend(queue()).get('waits').text();
    await clock.settle();
    // Meanwhile another call has the token refreshed.
    const other = api.get('other').text();
    await (await wire.expect('GET /other')).respond(401);
    await clock.advance(1);
    await (await wire.expect('GET /other')).respond(200);
    await other;
    await clock.advance(1_000);
    await (await wire.expect('GET /waits')).respond(200);
    await waiting;
    expect(signature()).toBe('Bearer t1');
  });

  test('before all waiting, where there is no refresh; one that has ended meanwhile costs a 401', async () => {
    let token = 'old';
    const queue = layer({
      name: 'queue',
      places: [gate({ stage: 'admit', run: ({ signal }) => wait(1_000, signal) })],
    });
    const pending = client({ token: () => token })
      .extend(queue())
      .get('a')
      .text();
    await clock.advance(500);
    token = 'new';
    await clock.advance(500);
    await (await wire.expect('GET /a')).respond(401);
    expect(signature()).toBe('Bearer old');
    await clock.advance(1_000);
    await (await wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect([await pending, signature()]).toEqual(['ok', 'Bearer new']);
  });
});

describe('origins', () => {
  const sent = async (options: AuthOptions, url: string, more: Options = {}): Promise<string | null> => {
    const pending = outcome(client(options, more).get(url).text());
    await clock.settle();
    await wire.exchanges.at(-1)!.respond(401);
    expect(isAuthError(await pending)).toBe(signature() !== null);
    return signature();
  };
  test.each<[string, AuthOptions['origins'], string, Options, boolean]>([
    ["the base's", undefined, 'a', {}, true],
    ['no other', undefined, 'https://evil.test/', {}, false],
    ["the prefix's", undefined, 'a', { baseUrl: undefined as never, prefix: 'https://api.test/v1' }, true],
    ['one that is listed', ['https://other.test'], 'https://other.test/a', {}, true],
    ["not the base's where it is not listed", ['https://other.test'], 'a', {}, false],
    ['one that a function allows', ({ host }) => host.endsWith('.test'), 'https://other.test/', {}, true],
    ['any, without a base', undefined, 'https://other.test/', { baseUrl: undefined as never }, true],
  ])('%s', async (_, origins, url, more, expected) => {
    const options = { token: 'secret', ...(origins && { origins }) };
    expect(await sent(options, url, more)).toBe(expected ? 'Bearer secret' : null);
  });

  test('explain() warns where there is neither origin nor base', () => {
    expect(explain(ky.extend(auth({ token: 'a' }))).warnings).toEqual([
      'auth: neither `origins` nor `baseUrl`: the credentials go wherever the instance sends',
    ]);
    expect(explain(client({ token: 'a' })).warnings).toEqual([]);
  });
});

describe('a 401', () => {
  test('has the call sent once more, with a new token', async () => {
    const server = new Server(100);
    const pending = client({ token: () => 't0', refresh: server.refresh }).post('a', { json: { b: 1 } });
    await (await wire.expect('POST /a')).respond(401);
    await wire.expectNothing(99);
    await clock.advance(1);
    const again = await wire.expect('POST /a');
    expect(await again.request.json()).toEqual({ b: 1 });
    await again.respond(200);
    expect([signature(0), signature(1)]).toEqual(['Bearer t0', 'Bearer t1']);
    expect(server.told).toEqual(['t0']);
    expect(reasons(await pending)).toEqual(['status 401 asks for another token']);
  });

  test('again is an AuthError', async () => {
    const server = new Server();
    const pending = outcome(client({ token: () => 't0', refresh: server.refresh }).get('a'));
    await (await wire.expect('GET /a')).respond(401);
    await clock.advance(1);
    await (await wire.expect('GET /a')).respond(401, { json: { why: 'revoked' } });
    await clock.advance(1);
    const error = (await pending) as AuthError;
    expect(error).toMatchObject({
      name: 'AuthError',
      code: 'AUTH_REFUSED',
      message: 'GET https://api.test/a was refused with status 401',
      data: { why: 'revoked' },
      cause: { name: 'HTTPError' },
    });
    expect(error.response?.status).toBe(401);
    expect(decisions(error)).toEqual(['retry: status 401 asks for another token', 'stop: status 401, again']);
    expect([wire.exchanges.length, server.refreshes]).toEqual([2, 1]);
  });

  test('without a way to another token is an AuthError', async () => {
    const pending = outcome(client({ token: 'fixed' }).get('a'));
    await (await wire.expect('GET /a')).respond(401);
    expect(await pending).toMatchObject({ code: 'AUTH_REFUSED' });
    expect(reasons(await pending)).toEqual(['status 401, and there is no other token']);
  });

  test('is answered by the token that the function gives meanwhile', async () => {
    let token = 'old';
    const pending = client({ token: () => token })
      .get('a')
      .text();
    token = 'new';
    const first = await wire.expect('GET /a');
    token = 'newer';
    await first.respond(401);
    await clock.advance(1);
    await (await wire.expect('GET /a')).respond(200);
    await pending;
    expect([signature(0), signature(1)]).toEqual(['Bearer new', 'Bearer newer']);
  });

  test.each<[string, AuthOptions]>([
    ['the function', { token: () => 'same' }],
    ['the refresh', { token: () => 'same', refresh: () => 'same' }],
    ['a refresh that gives nothing', { token: () => 'same', refresh: () => undefined }],
  ])('is not sent again with the same token from %s', async (_, options) => {
    const pending = outcome(client(options).get('a'));
    await (await wire.expect('GET /a')).respond(401);
    await clock.advance(1);
    expect(await pending).toMatchObject({ code: 'AUTH_REFUSED' });
    expect(wire.exchanges).toHaveLength(1);
  });

  test('that was not signed is none of ours', async () => {
    const server = new Server();
    const pending = outcome(client({ refresh: server.refresh, origins: [] }).get('a'));
    await (await wire.expect('GET /a')).respond(401);
    expect(await pending).toMatchObject({ name: 'HTTPError' });
    expect(server.refreshes).toBe(0);
  });

  test('of a stream is not sent again', async () => {
    const body = new Blob(['flows']).stream();
    const pending = outcome(client({ token: () => 't0', refresh: new Server().refresh }).post('a', { body }));
    await (await wire.expect('POST /a')).respond(401);
    expect(await pending).toMatchObject({ code: 'AUTH_REFUSED' });
    expect(wire.exchanges).toHaveLength(1);
  });

  test('of a stream is not sent again where the limit of 0 is in the long form', async () => {
    const body = new Blob(['flows']).stream();
    const api = client({ token: () => 't0', refresh: new Server().refresh }, { retry: { limit: 0 } });
    const pending = outcome(api.post('a', { body }));
    await (await wire.expect('POST /a')).respond(401);
    expect(await pending).toMatchObject({ code: 'AUTH_REFUSED' });
    expect(wire.exchanges).toHaveLength(1);
  });

  test.each<[string, Options]>([
    ['DELETE', { method: 'delete' }],
    ['POST', { method: 'post' }],
    ['POST', { method: 'post', retry: { limit: 0 } }],
  ])('of a %s without a body has it sent once more, also without retries', async (method, options) => {
    const pending = client({ token: () => 't0', refresh: new Server().refresh })('a', options);
    await (await wire.expect(`${method} /a`)).respond(401);
    await clock.advance(1);
    await (await wire.expect(`${method} /a`)).respond(200);
    expect((await pending).status).toBe(200);
  });

  test('of a Request whose body may be a stream is not sent again without retries', async () => {
    const request = new Request('https://api.test/a', { method: 'POST', body: 'flows' });
    const api = client({ token: () => 't0', refresh: new Server().refresh }, { retry: 0 });
    const pending = outcome(api(request));
    await (await wire.expect('POST /a')).respond(401);
    expect(await pending).toMatchObject({ code: 'AUTH_REFUSED' });
    expect(reasons(await pending)).toEqual(['status 401, but its body may be a stream']);
    expect(wire.exchanges).toHaveLength(1);
  });

  test('of what must not be sent twice is not sent again, and the record says why', async () => {
    const server = new Server();
    const once = layer({
      name: 'once',
      places: [gate({ stage: 'prepare', run: ({ call }) => void (call.sendOnce = 'it is paid for') })],
    });
    const pending = outcome(
      client({ token: () => 't0', refresh: server.refresh }, { retry: 2 })
        .extend(once())
        .get('a'),
    );
    await (await wire.expect('GET /a')).respond(401);
    expect(await pending).toMatchObject({ code: 'AUTH_REFUSED' });
    expect(reasons(await pending)).toEqual(['status 401, but it is paid for']);
    expect(server.refreshes).toBe(0);
  });

  test('is handed on where statuses are not thrown, when it comes again', async () => {
    const server = new Server();
    const api = client({ token: () => 't0', refresh: server.refresh }, { throwHttpErrors: false });
    const pending = api.get('a');
    await (await wire.expect('GET /a')).respond(401);
    await clock.advance(1);
    await (await wire.expect('GET /a')).respond(401, { body: 'still' });
    await clock.advance(1);
    const response = await pending;
    expect([response.status, await response.text()]).toEqual([401, 'still']);
  });

  test("leaves the rest of ky's retries as it is", async () => {
    const server = new Server();
    const api = client({ token: () => 't0', refresh: server.refresh }, { retry: 1 });
    const pending = outcome(api.get('a'));
    await (await wire.expect('GET /a')).respond(401);
    await clock.advance(1);
    await (await wire.expect('GET /a')).respond(503);
    await clock.advance(300);
    await (await wire.expect('GET /a')).respond(503);
    await wire.expectNothing(60_000);
    expect(await pending).toMatchObject({ name: 'HTTPError' });
  });

  test.each<[string, Options]>([
    ['as ky has them by default', { retry: undefined as never }],
    ['in the long form', { retry: { limit: 2 } }],
  ])("and all of ky's retries, %s, to what has no body", async (_, more) => {
    const server = new Server();
    const pending = outcome(client({ token: () => 't0', refresh: server.refresh }, more).put('a'));
    await (await wire.expect('PUT /a')).respond(401);
    await clock.advance(1);
    for (const delay of [300, 600, 0]) {
      await (await wire.expect('PUT /a')).respond(503);
      await clock.advance(delay);
    }
    expect(await pending).toMatchObject({ name: 'HTTPError' });
    expect(wire.exchanges).toHaveLength(4);
  });

  test('counts in the retry budget', async () => {
    const server = new Server();
    let balance: number | undefined;
    const look = layer({
      name: 'look',
      places: [
        gate({
          stage: 'sign',
          run: ({ call, request }) => void (balance = budgetOf(call, request).balance()),
        }),
      ],
    });
    const pending = client({ token: () => 't0', refresh: server.refresh })
      .extend(look())
      .get('a')
      .text();
    const exchange = await wire.expect('GET /a');
    expect(balance).toBe(100.2);
    await exchange.respond(401);
    await clock.advance(1);
    await (await wire.expect('GET /a')).respond(200);
    await pending;
    expect(balance).toBe(99.2);
  });

  test('passes the gate again: a permit of its own', async () => {
    let passes = 0;
    const admit = layer({ name: 'admit', places: [gate({ stage: 'admit', run: () => void passes++ })] });
    const server = new Server();
    const pending = client({ token: () => 't0', refresh: server.refresh })
      .extend(admit())
      .get('a')
      .text();
    await (await wire.expect('GET /a')).respond(401);
    await clock.advance(1);
    await (await wire.expect('GET /a')).respond(200);
    await pending;
    expect(passes).toBe(2);
  });
});

test('a 403 fails at once', async () => {
  const server = new Server();
  const pending = outcome(
    client({ token: () => 't0', refresh: server.refresh }, { retry: 2 }).get('a?sig=x'),
  );
  await (await wire.expect('GET /a?sig=x')).respond(403);
  await wire.expectNothing(60_000);
  expect(await pending).toMatchObject({
    code: 'AUTH_FORBIDDEN',
    message: 'GET https://api.test/a?sig=REDACTED was refused with status 403',
  });
  expect(decisions(await pending)).toEqual(['stop: status 403: the credentials do not suffice']);
  expect(server.refreshes).toBe(0);
});

describe('one refresh for any number of callers', () => {
  test('100 parallel 401s: one refresh, 100 replays', async () => {
    const server = new Server(50);
    const api = client({ token: () => 't0', refresh: server.refresh });
    const calls = Array.from({ length: 100 }, (_, index) => api.get(`${index}`).text());
    await clock.settle();
    const first = wire.exchanges.slice();
    expect(first).toHaveLength(100);
    for (const exchange of first) void exchange.respond(401);
    await clock.advance(50);
    const again = wire.exchanges.slice(100);
    expect(again).toHaveLength(100);
    expect(new Set(again.map(({ request }) => request.headers.get('authorization')))).toEqual(
      new Set(['Bearer t1']),
    );
    for (const exchange of again) void exchange.respond(200, { body: 'ok' });
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ok']));
    expect(server.refreshes).toBe(1);
  });

  /** Two calls whose 401s come together, and a straggler whose 401 for the old token comes after the refresh. */
  async function threeCalls(server: Server, delay: number): Promise<Promise<unknown>[]> {
    const api = client({ token: () => 't0', refresh: server.refresh });
    const calls = ['a', 'b', 'late'].map((path) => outcome(api.get(path).text()));
    await clock.settle();
    const [a, b, late] = wire.exchanges.slice();
    await a!.respond(401);
    await b!.respond(401);
    await clock.advance(delay + 1);
    await late!.respond(401);
    await clock.advance(delay + 1);
    for (const exchange of wire.exchanges.slice(3)) await exchange.respond(200, { body: 'ok' });
    return calls;
  }

  test.each([
    ['at once', 0],
    ['slowly', 5_000],
  ])('a refresh that succeeds %s: callers and a straggler', async (_, delay) => {
    const server = new Server(delay);
    expect(await Promise.all(await threeCalls(server, delay))).toEqual(['ok', 'ok', 'ok']);
    expect(server.refreshes).toBe(1);
    expect([3, 4, 5].map(signature)).toEqual(['Bearer t1', 'Bearer t1', 'Bearer t1']);
  });

  test('a refresh that fails: callers and a straggler', async () => {
    const server = new Server(50);
    const cause = new Error('the refresh token is used up');
    server.failure = cause;
    const results = await Promise.all(await threeCalls(server, 50));
    expect(wire.exchanges).toHaveLength(3);
    expect(server.refreshes).toBe(1);
    for (const error of results) expect(error).toMatchObject({ code: 'AUTH_NO_TOKEN', cause });
    // Each call has an error, and so a record, of its own.
    expect(new Set(results.map((error) => traceOf(error)!.id)).size).toBe(3);
  });

  test('after one that failed, the next call has another', async () => {
    const server = new Server();
    server.failure = new Error('no');
    const api = client({ token: () => 't0', refresh: server.refresh });
    const failed = outcome(api.get('a'));
    await (await wire.expect('GET /a')).respond(401);
    await clock.advance(1);
    expect(await failed).toMatchObject({ code: 'AUTH_NO_TOKEN' });
    server.failure = undefined;
    const pending = api.get('b').text();
    await (await wire.expect('GET /b')).respond(401);
    await clock.advance(1);
    await (await wire.expect('GET /b')).respond(200);
    await pending;
    expect(server.refreshes).toBe(2);
  });

  test.each([
    ['one waiter', 1],
    ['all waiters', 3],
  ])('refresh aborted by %s: leaves the rest', async (_, aborting) => {
    const server = new Server(1_000);
    const api = client({ token: () => 't0', refresh: server.refresh });
    const controllers = Array.from({ length: 3 }, () => new AbortController());
    const calls = controllers.map(({ signal }, index) => outcome(api.get(`${index}`, { signal }).text()));
    await clock.settle();
    for (const exchange of wire.exchanges.slice()) void exchange.respond(401);
    await clock.advance(500);
    for (const [index, controller] of controllers.slice(0, aborting).entries()) {
      controller.abort(`mine ${index}`);
      expect(await calls[index]).toBe(`mine ${index}`);
    }
    await clock.advance(500);
    for (const exchange of wire.exchanges.slice(3)) await exchange.respond(200, { body: 'ok' });
    expect((await Promise.all(calls)).filter((result) => result === 'ok')).toHaveLength(3 - aborting);
    // The refresh that nobody waits for any more serves the next call.
    const next = api.get('next').text();
    await clock.settle();
    await wire.exchanges.at(-1)!.respond(200);
    await next;
    expect(signature()).toBe('Bearer t1');
    expect(server.refreshes).toBe(1);
  });

  test('refresh aborted by the call that began it: a straggler has its token all the same', async () => {
    const server = new Server(1_000);
    const api = client({ token: () => 't0', refresh: server.refresh });
    const controller = new AbortController();
    const first = outcome(api.get('first', { signal: controller.signal }).text());
    const late = outcome(api.get('late').text());
    await clock.settle();
    const [begins, straggler] = wire.exchanges.slice();
    await begins!.respond(401);
    await clock.advance(500);
    controller.abort('mine');
    expect(await first).toBe('mine');
    await clock.advance(500);
    await straggler!.respond(401);
    await clock.advance(1);
    await wire.exchanges.at(-1)!.respond(200, { body: 'ok' });
    expect([await late, signature(), server.refreshes]).toEqual(['ok', 'Bearer t1', 1]);
  });
});

describe('ahead of the end', () => {
  const at = (seconds: number): number => Date.UTC(2026, 0, 1) + seconds * 1_000;
  const call = async (api: KyInstance): Promise<string | null> => {
    const pending = api.get('a').text();
    await clock.settle();
    await wire.exchanges.at(-1)!.respond(200);
    await pending;
    return signature();
  };

  test('it is refreshed in the background while the present one serves', async () => {
    const server = new Server();
    const api = client({ token: () => ({ token: 't0', expiresAt: at(100) }), refresh: server.refresh });
    expect(await call(api)).toBe('Bearer t0');
    await clock.advance(69_000);
    expect([await call(api), server.refreshes]).toEqual(['Bearer t0', 0]);
    await clock.advance(1_000);
    expect([await call(api), server.refreshes]).toEqual(['Bearer t0', 1]);
    await clock.advance(1);
    expect(await call(api)).toBe('Bearer t1');
  });

  test('one that has ended is waited for', async () => {
    const server = new Server(100);
    const api = client({
      token: () => ({ token: 't0', expiresAt: new Date(at(100)) }),
      refresh: server.refresh,
    });
    await call(api);
    await clock.advance(100_000);
    const pending = [api.get('b').text(), api.get('c').text()];
    await wire.expect('GET /a');
    await wire.expectNothing(99);
    await clock.advance(1);
    for (const path of ['b', 'c']) await (await wire.expect(`GET /${path}`)).respond(200);
    await Promise.all(pending);
    expect([signature(), server.refreshes]).toEqual(['Bearer t1', 1]);
  });

  test('the first one is got before the first call', async () => {
    const server = new Server(10);
    const api = client({ refresh: server.refresh });
    const pending = [api.get('a').text(), api.get('b').text()];
    await clock.advance(10);
    for (const exchange of wire.exchanges.slice()) await exchange.respond(200);
    await Promise.all(pending);
    expect([signature(), server.refreshes]).toEqual(['Bearer t1', 1]);
  });

  test('exp of a JWT is the end', async () => {
    const jwt = (exp: unknown): string =>
      ['{}', JSON.stringify({ exp, name: 'Å' }), 'x'].map((part) => btoa(part).replaceAll('=', '')).join('.');
    const server = new Server();
    const token = jwt(at(100) / 1_000);
    const api = client({ token: () => token, refresh: server.refresh });
    await call(api);
    await clock.advance(70_000);
    await call(api);
    expect(server.refreshes).toBe(1);
    const odd = client({ token: () => jwt('soon'), refresh: server.refresh });
    await call(odd);
    expect(server.refreshes).toBe(1);
  });

  test('a refresh that fails while there is time breaks nothing, and is not tried at once', async () => {
    const server = new Server();
    server.failure = new Error('no');
    const api = client({ token: () => ({ token: 't0', expiresAt: at(100) }), refresh: server.refresh });
    await call(api);
    await clock.advance(80_000);
    await call(api);
    await clock.advance(9_000);
    expect([await call(api), server.refreshes]).toEqual(['Bearer t0', 1]);
    await clock.advance(1_001);
    await call(api);
    await clock.settle();
    expect(server.refreshes).toBe(2);
  });

  test('clocks that differ do not make it refresh for ever', async () => {
    let refreshes = 0;
    const refresh = (): { token: string; expiresAt: number } => ({
      token: `t${++refreshes}`,
      expiresAt: at(-3_600),
    });
    const api = client({ refresh });
    await call(api);
    await call(api);
    expect(refreshes).toBe(1);
  });

  test('a short life is refreshed at its half', async () => {
    const server = new Server();
    const api = client({ token: () => ({ token: 't0', expiresAt: at(10) }), refresh: server.refresh });
    await call(api);
    await clock.advance(4_900);
    await call(api);
    expect(server.refreshes).toBe(0);
    await clock.advance(100);
    await call(api);
    expect(server.refreshes).toBe(1);
  });
});

describe('errors', () => {
  test('of `token` are the cause', async () => {
    const cause = new Error('locked');
    const token = (): never => {
      throw cause;
    };
    expect(await outcome(client({ token }).get('a'))).toMatchObject({
      code: 'AUTH_NO_TOKEN',
      cause,
      message: 'GET https://api.test/a was not sent: `token` or `refresh` failed',
    });
    expect(wire.exchanges).toHaveLength(0);
  });

  test('a token that cannot stand in a header is not shown', async () => {
    const error = await outcome(client({ token: 'secret\nx' }).get('a'));
    expect(error).toMatchObject({ code: 'AUTH_INVALID_TOKEN' });
    expect(String((error as Error).stack)).not.toContain('secret');
  });

  test('a scheme is a string, and a header one that there can be', () => {
    expect(() => auth({ token: 'secret', header: 'X Token' })).toThrow(
      /header must be the name of a header, got "X Token"/,
    );
    expect(() => auth({ scheme: 5 as never })).toThrow(/scheme must be a string, got 5/);
  });

  test('names every option that is not valid, and shows no token', () => {
    expect(() => auth({ token: 5 as never, refreshBefore: -1 })).toThrow(OptionsError);
    expect(() => auth({ token: ['secret'] as never })).toThrow(/token must be .*, got an array/);
    expect(String(explain(client({ token: 'secret' })))).toMatch(/token +<hidden>/);
  });
});

describe('nothing tells the token', () => {
  test.each<[string, AuthOptions, string]>([
    ['header', { token: 'secret' }, 'GET /a'],
    ['query', { token: 'secret', sign: inQuery('key') }, 'GET /a?key=secret'],
    ['function', { token: 'secret', sign: ({ headers }, token) => headers.set('x-sig', token!) }, 'GET /a'],
  ])('%s', async (_, options, line) => {
    const hooks: Request[] = [];
    const records: unknown[] = [];
    const api = client(options, {
      retry: { limit: 1, delay: () => 1 },
      hooks: {
        beforeRetry: [({ request }) => void hooks.push(request)],
        beforeError: [({ request, error }) => (hooks.push(request), error)],
      },
    }).extend(onSettled((record) => records.push(record)));
    const pending = outcome(api.get('a'));
    await (await wire.expect(line)).respond(503);
    await clock.advance(1);
    await (await wire.expect(line)).respond(500);
    await clock.advance(10);
    const error = (await pending) as Error & { request: Request; response: Response };
    for (const request of [error.request, ...hooks]) {
      expect(request.url).not.toContain('secret');
      expect(JSON.stringify([...request.headers])).not.toContain('secret');
    }
    expect(error.response.url).not.toContain('secret');
    expect(JSON.stringify([error, error.message, records])).not.toContain('secret');
  });

  test('and the request has its own headers back', async () => {
    const api = client({ token: 'secret' });
    const pending = outcome(api.get('a', { headers: { authorization: 'Basic mine' } }));
    await (await wire.expect('GET /a')).respond(500);
    const { request } = (await pending) as { request: Request };
    expect([signature(), request.headers.get('authorization')]).toEqual(['Bearer secret', 'Basic mine']);
  });
});

test('explain() shows what is in force, the defaults too', () => {
  const text = String(explain(client({ token: 'secret', scheme: 'token' })));
  expect(text).toMatch(/refreshBefore +30_?000/);
  expect(text).toMatch(/header +"?authorization/);
  expect(text).toMatch(/scheme +"?token/);
});

describe('among other layers, in whatever order they are chained', () => {
  const orders: readonly (readonly [string, boolean])[] = [
    ['before', true],
    ['behind', false],
  ];
  const chained = (options: AuthOptions, other: Options, first: boolean): KyInstance => {
    const plain = client({}).extend(auth(false));
    return first ? plain.extend(other).extend(auth(options)) : plain.extend(auth(options)).extend(other);
  };

  test.each(orders)('no token is asked for where one %s answers without the network', async (_, first) => {
    let asked = 0;
    const answers = layer({
      name: 'answers',
      places: [gate({ stage: 'answer', run: () => new Response('cached') })],
    });
    const api = chained({ token: () => `t${++asked}` }, answers(), first);
    expect([await api.get('a').text(), asked]).toEqual(['cached', 0]);
  });

  test.each(orders)('a 401 that one %s answers with is none of ours', async (_, first) => {
    const answers = layer({
      name: 'answers',
      places: [gate({ stage: 'answer', run: () => new Response('', { status: 401 }) })],
    });
    const error = await outcome(chained({ token: () => 'secret' }, answers(), first).get('a'));
    expect(error).toMatchObject({ name: 'HTTPError' });
  });

  test.each(orders)(
    'one %s that bounds or looks at an attempt does not see the credentials',
    async (_, first) => {
      const saw: unknown[] = [];
      const looks = layer({
        name: 'looks',
        places: [
          onWire({
            stage: 'time',
            run: ({ request }, next) => (saw.push(request.headers.get('authorization')), next()),
          }),
        ],
      });
      const pending = chained({ token: 'secret' }, looks(), first).get('a').text();
      await (await wire.expect('GET /a')).respond(200);
      await pending;
      expect([saw, signature()]).toEqual([[null], 'Bearer secret']);
    },
  );

  test.each(orders)(
    'where one %s turns a request elsewhere, the token does not go along',
    async (_, first) => {
      const turns = layer({
        name: 'turns',
        places: [onWire({ stage: 'time', run: (__, next) => next(new Request('https://other.test/b')) })],
      });
      const pending = chained({ token: 'secret' }, turns(), first).get('a').text();
      await (await wire.expect('GET /b')).respond(200);
      await pending;
      expect(signature()).toBeNull();
    },
  );
});

test('auth(false) removes it', async () => {
  const pending = client({ token: 'secret' }).get('a', auth(false)).text();
  await (await wire.expect('GET /a')).respond(200);
  await pending;
  expect(signature()).toBeNull();
});
