import { gate, layer, onSettled, traceOf } from '@kyhooks/core';
import {
  networkError,
  type ScriptedWire,
  scriptedWire,
  type VirtualClock,
  virtualClock,
  outcome,
} from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Level, log, type LogEvent, type LogOptions } from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
let events: LogEvent[];
let lines: string[];
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
  events = [];
  lines = [];
});
afterEach(() => {
  clock.uninstall();
  vi.restoreAllMocks();
});

const logger = (event: LogEvent, level: Level, message: string): void => {
  events.push(event);
  lines.push(`${level}: ${message}`);
};
const client = (options: LogOptions = {}, more: Options = {}): KyInstance =>
  ky
    .create({ baseUrl: 'https://api.test/', fetch: wire.fetch, retry: 0, ...more })
    .extend(log({ logger, ...options }));

describe('a call', () => {
  test('is logged once, when its body was read', async () => {
    const pending = client({}, { retry: { limit: 1 } }).get('users/1?sig=secret');
    await (await wire.expect('GET /users/1?sig=secret')).respond(503);
    await clock.advance(300);
    await (
      await wire.expect('GET /users/1?sig=secret')
    ).respond(200, {
      json: { id: 1 },
      headers: { 'content-length': '8' },
    });
    const response = await pending;
    expect(events).toEqual([]);
    await clock.advance(50);
    await response.json();
    expect(lines).toEqual(['info: GET /users/1 200 in 350 ms']);
    expect(events).toEqual([
      {
        'event.name': 'kyhooks.call',
        'http.request.method': 'GET',
        'url.full': 'https://api.test/users/1?sig=REDACTED',
        'server.address': 'api.test',
        'server.port': 443,
        'http.response.status_code': 200,
        'http.response.body.size': 8,
        'http.request.resend_count': 1,
        'kyhooks.call.id': traceOf(response)!.id,
        'kyhooks.ok': true,
        'kyhooks.durationMs': 350,
        'kyhooks.gateMs': 0,
        'kyhooks.queuedMs': 0,
        'kyhooks.backoffMs': 300,
        'kyhooks.headersMs': 0,
        'kyhooks.bodyMs': 50,
        'kyhooks.call.outcome': 'ok',
        'kyhooks.call.attempts': 2,
        'kyhooks.call.decisions': [
          { attempt: 1, layer: 'ky', verdict: 'retry', reason: "by ky's own rules" },
        ],
      },
    ]);
  });

  const bytes = new TextEncoder().encode('äöü');
  test.each<[string, Options, number | undefined]>([
    ['a string', { body: 'äöü' }, 6],
    ['JSON', { json: { a: 'ä' } }, 10],
    ['bytes', { body: bytes }, 6],
    ['a buffer', { body: bytes.buffer }, 6],
    ['a Blob', { body: new Blob(['äöü']) }, 6],
    ['URL parameters', { body: new URLSearchParams({ a: 'ä' }) }, 8],
    ['a form, whose bytes the platform makes', { body: new FormData() }, undefined],
    ['a stream', { body: new Blob(['äöü']).stream() }, undefined],
    ['nothing', {}, undefined],
  ])('with a body: %s', async (_, options, expected) => {
    const pending = client({ attempts: true }).post('a', options).text();
    await (await wire.expect('POST /a')).respond(200);
    await pending;
    expect(events.map((event) => event['http.request.body.size'])).toEqual([expected, expected]);
  });

  test('has its route and its waits where layers tell them', async () => {
    const queue = layer({
      name: 'queue',
      places: [
        gate({
          stage: 'admit',
          run: async ({ call, attempt }) => {
            call.route = '/users/:id';
            await new Promise((resolve) => setTimeout(resolve, 40));
            attempt.queuedMs += 30;
          },
        }),
      ],
    });
    const pending = client().extend(queue()).get('http://api.test:8080/users/1').text();
    await clock.advance(40);
    await (await wire.expect('GET /users/1')).respond(200);
    await pending;
    expect(lines).toEqual(['info: GET /users/:id 200 in 40 ms']);
    expect(events[0]).toMatchObject({
      'url.template': '/users/:id',
      'server.port': 8080,
      'kyhooks.gateMs': 40,
      'kyhooks.queuedMs': 30,
    });
  });

  test.each([
    ['https://api.test/', 'api.test', 443],
    ['http://api.test/', 'api.test', 80],
    ['http://[::1]:8080/', '::1', 8080],
  ])('to %s', async (url, address, port) => {
    const pending = client().get(url).text();
    await (await wire.expect('GET /')).respond(200);
    await pending;
    expect(events).toMatchObject([{ 'server.address': address, 'server.port': port }]);
    expect(lines).toEqual(['info: GET / 200 in 0 ms']);
  });

  test.each([
    [400, 'warn', '400'],
    [404, 'warn', '404'],
    [499, 'warn', '499'],
    [500, 'error', '500'],
  ])('that ends with %d', async (status, level, type) => {
    const pending = outcome(client().get('a'));
    await (await wire.expect('GET /a')).respond(status);
    await pending;
    expect(lines).toEqual([`${level}: GET /a ${status} in 0 ms`]);
    expect(events[0]).toMatchObject({
      'error.type': type,
      'kyhooks.ok': false,
      'kyhooks.call.outcome': 'failed',
    });
  });

  test('whose status is not thrown', async () => {
    const pending = client({}, { throwHttpErrors: false }).get('a').text();
    await (await wire.expect('GET /a')).respond(404);
    await pending;
    expect(events[0]).toMatchObject({
      'error.type': '404',
      'kyhooks.ok': false,
      'kyhooks.call.outcome': 'ok',
    });
  });

  test('that gets no answer', async () => {
    const pending = outcome(client().get('a'));
    await (await wire.expect('GET /a')).fail(networkError('ECONNREFUSED'));
    await pending;
    expect(lines).toEqual(['error: GET /a ECONNREFUSED in 0 ms']);
  });

  test('whose body breaks', async () => {
    const pending = outcome(client().get('a').text());
    const body = await (await wire.expect('GET /a')).open(200);
    body.fail(Object.assign(new TypeError('terminated'), { cause: { code: 'UND_ERR_SOCKET' } }));
    await pending;
    expect(events[0]).toMatchObject({
      'http.response.status_code': 200,
      // Chromium tells no more than that it is a TypeError.
      'error.type': expect.any(String) as string,
      'kyhooks.ok': false,
    });
  });

  test('that its caller aborts is no error', async () => {
    const controller = new AbortController();
    const pending = outcome(client({ attempts: true }).get('a', { signal: controller.signal }));
    await wire.expect('GET /a');
    controller.abort();
    await pending;
    expect(lines).toEqual(['info: GET /a aborted in 0 ms', 'info: GET /a aborted in 0 ms']);
    for (const event of events) {
      expect(event).not.toHaveProperty(['error.type']);
      expect(event['kyhooks.ok']).toBe(false);
    }
  });

  test.each([
    ['an error', new Error('mine')],
    ['null', null],
    ['a string', 'mine'],
  ])('that its caller aborts by a signal inside a Request, with a reason: %s', async (_, reason) => {
    const controller = new AbortController();
    const request = new Request('https://api.test/a', { signal: controller.signal });
    const pending = outcome(client({ attempts: true })(request));
    await wire.expect('GET /a');
    controller.abort(reason);
    await pending;
    expect(lines).toEqual(['info: GET /a aborted in 0 ms', 'info: GET /a aborted in 0 ms']);
  });

  test('that is out of time before its request is known', async () => {
    await outcome(client().get('a', { totalTimeout: 0 }));
    expect(lines).toEqual(['error: TimeoutError in 0 ms']);
    expect(events).toEqual([
      {
        'event.name': 'kyhooks.call',
        'kyhooks.call.id': expect.any(String) as string,
        'kyhooks.ok': false,
        'kyhooks.durationMs': 0,
        'error.type': 'TimeoutError',
        'kyhooks.call.outcome': 'failed',
        'kyhooks.call.attempts': 0,
      },
    ]);
  });

  test('that is answered in spite of an abort, by a fetch that takes no notice', async () => {
    const deaf: Options['fetch'] = (input) => wire.fetch(new Request((input as Request).url));
    const controller = new AbortController();
    const { signal } = controller;
    const pending = client({ attempts: true }, { fetch: deaf }).get('a', { signal });
    const exchange = await wire.expect('GET /a');
    controller.abort();
    await exchange.respond(200);
    await (await pending).text();
    expect(lines).toEqual(['info: GET /a 200 in 0 ms', 'info: GET /a 200 in 0 ms']);
    expect(events).toMatchObject([{ 'kyhooks.ok': true }, { 'kyhooks.ok': true }]);
  });

  test('that its caller aborts while it waits to be sent again', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const pending = outcome(client({}, { retry: { limit: 1 } }).get('a', { signal }));
    await (await wire.expect('GET /a')).fail(networkError('ECONNRESET'));
    controller.abort();
    await pending;
    expect(lines).toEqual(['info: GET /a aborted in 0 ms']);
    expect(events[0]).toMatchObject({ 'kyhooks.ok': false, 'kyhooks.call.outcome': 'aborted' });
  });

  test('that a hook stops, though nothing was wrong with the answer', async () => {
    const hooks: Options['hooks'] = {
      afterResponse: [() => ky.retry({ code: 'STALE' })],
      beforeRetry: [() => ky.stop],
    };
    const pending = outcome(client({}, { retry: { limit: 1 }, hooks }).get('a'));
    await (await wire.expect('GET /a')).respond(200);
    await clock.advance(300);
    await pending;
    expect(events).toMatchObject([{ 'kyhooks.ok': false, 'kyhooks.call.outcome': 'stopped' }]);
  });

  test('that a hook stops behind a failure', async () => {
    const hooks: Options['hooks'] = { beforeRetry: [() => ky.stop] };
    const pending = outcome(client({}, { retry: { limit: 1 }, hooks }).get('a'));
    await (await wire.expect('GET /a')).fail(networkError('ECONNRESET'));
    await clock.advance(300);
    await pending;
    expect(lines).toEqual(['error: GET /a ECONNRESET in 300 ms']);
  });

  test('that never came to a request', async () => {
    const refuse = (): never => {
      throw new Error('mine');
    };
    await outcome(client({}, { hooks: { beforeRequest: [refuse] } }).get('a'));
    expect(events).toMatchObject([{ 'error.type': 'Error', 'kyhooks.call.attempts': 0 }]);
  });
});

describe('an answer that is not the server’s', () => {
  const gated = (stage: 'answer' | 'guard', run: (number: number) => Response | undefined): Options =>
    layer({ name: 'gated', places: [gate({ stage, run: ({ attempt }) => run(attempt.number) })] })();

  test.each([
    [200, 'info: GET /a 200 in 0 ms', true],
    [404, 'warn: GET /a 404 in 0 ms', false],
  ])('from a cache: %d', async (status, line, ok) => {
    const cache = gated('answer', () => new Response('cached', { status }));
    await outcome(client().get('a', cache).text());
    expect(lines).toEqual([line]);
    expect(events).toMatchObject([{ 'http.response.status_code': status, 'kyhooks.ok': ok }]);
  });

  test('from a hook, before anything was sent', async () => {
    await client({}, { hooks: { beforeRequest: [() => new Response('mine', { status: 203 })] } })
      .get('a')
      .text();
    expect(lines).toEqual(['info: GET /a 203 in 0 ms']);
  });

  const busy = { body: 'hello', headers: { 'content-length': '5' } };
  const fallback = (): Response => new Response('mine');
  const failing: [string, Options][] = [
    ['afterResponse', { hooks: { afterResponse: [fallback] } }],
    ['beforeRetry', { hooks: { beforeRetry: [fallback] }, retry: { limit: 1 } }],
  ];
  test.each(failing)('from a hook, in place of an error status: %s', async (_, more) => {
    const pending = client({ attempts: true }, more).get('a').text();
    await (await wire.expect('GET /a')).respond(503, busy);
    await clock.advance(300);
    expect(await pending).toBe('mine');
    const [attempt, call] = events;
    expect(attempt).toMatchObject({ 'error.type': '503', 'http.response.body.size': 5 });
    expect(call).toMatchObject({ 'http.response.status_code': 200, 'kyhooks.ok': true });
    expect(call).not.toHaveProperty(['error.type']);
    expect(call).not.toHaveProperty(['http.response.body.size']);
  });

  test('from a hook, in place of a failure', async () => {
    const hooks: Options['hooks'] = { beforeRetry: [fallback] };
    const pending = client({}, { retry: { limit: 1 }, hooks })
      .get('a')
      .text();
    await (await wire.expect('GET /a')).fail(networkError('ECONNRESET'));
    await clock.advance(300);
    await pending;
    expect(lines).toEqual(['info: GET /a 200 in 300 ms']);
  });

  test('from a hook, and an error itself', async () => {
    const hooks: Options['hooks'] = { afterResponse: [() => new Response('mine', { status: 502 })] };
    const pending = outcome(client({}, { hooks }).get('a').text());
    await (await wire.expect('GET /a')).respond(200);
    await pending;
    expect(lines).toEqual(['error: GET /a 502 in 0 ms']);
  });

  test('is none where the gate refuses to send again, and nothing is said of the one before', async () => {
    const refusing = gated('guard', (number) => {
      if (number === 2) throw Object.assign(new Error('no'), { code: 'REFUSED' });
      return undefined;
    });
    const pending = outcome(client({}, { retry: { limit: 1 } }).get('a', refusing));
    await (await wire.expect('GET /a')).respond(503, busy);
    await clock.advance(300);
    await pending;
    expect(lines).toEqual(['error: GET /a REFUSED in 300 ms']);
    expect(events[0]).not.toHaveProperty(['http.response.status_code']);
    expect(events[0]).not.toHaveProperty(['http.response.body.size']);
  });
});

test('an opaque response has no status, and is well', async () => {
  const opaque = Object.defineProperties(new Response(null), {
    type: { value: 'opaque' },
    status: { value: 0 },
    ok: { value: false },
  });
  await client({ attempts: true }, { fetch: () => Promise.resolve(opaque) }).get('a');
  expect(lines).toEqual(['info: GET /a ok in 0 ms', 'info: GET /a ok in 0 ms']);
  for (const event of events) expect(event).not.toHaveProperty(['http.response.status_code']);
});

test.each([
  ['7', 7],
  ['1048576', 1_048_576],
])('the size of an answer is what Content-Length tells: %s', async (length, size) => {
  const pending = client().get('a').text();
  await (await wire.expect('GET /a')).respond(200, { headers: { 'content-length': length } });
  await pending;
  expect(events).toMatchObject([{ 'http.response.body.size': size }]);
});

test.each(['', '-2', '1.5', '0x10', '5, 5', 'many'])(
  'a Content-Length that is no number of bytes is none: "%s"',
  async (length) => {
    const pending = client().get('a').text();
    await (await wire.expect('GET /a')).respond(200, { headers: { 'content-length': length } });
    await pending;
    expect(events[0]).not.toHaveProperty(['http.response.body.size']);
  },
);

describe('attempts', () => {
  test('that ky has given up on are logged then, and what comes too late changes nothing', async () => {
    const deaf: Options['fetch'] = (input) => wire.fetch(new Request((input as Request).url));
    const pending = outcome(client({ attempts: true }, { fetch: deaf, timeout: 50 }).get('a'));
    const exchange = await wire.expect('GET /a');
    await clock.advance(50);
    const error = await pending;
    expect(lines).toEqual(['error: GET /a TimeoutError in 50 ms', 'error: GET /a TimeoutError in 50 ms']);
    await exchange.respond(200, { headers: { 'x-request-id': 'late' } });
    await clock.settle();
    expect(events).toHaveLength(2);
    expect(traceOf(error)?.requestId).toBeUndefined();
  });

  test('are logged when their headers are here, or they failed', async () => {
    const pending = client({ attempts: true }, { retry: { limit: 1 } }).get('a');
    await (await wire.expect('GET /a')).fail(networkError('ECONNRESET'));
    expect(lines).toEqual(['error: GET /a ECONNRESET in 0 ms']);
    await clock.advance(300);
    const exchange = await wire.expect('GET /a');
    await clock.advance(20);
    await exchange.respond(200, { headers: { 'content-length': '2' }, body: 'ok' });
    expect(events[1]).toMatchObject({
      'event.name': 'kyhooks.attempt',
      'kyhooks.attempt': 2,
      'http.request.resend_count': 1,
      'http.response.body.size': 2,
      'kyhooks.backoffMs': 300,
      'kyhooks.headersMs': 20,
      'kyhooks.durationMs': 20,
    });
    await (await pending).text();
    expect(events.map((event) => event['event.name'])).toEqual([
      'kyhooks.attempt',
      'kyhooks.attempt',
      'kyhooks.call',
    ]);
  });
});

describe('sampling', () => {
  test.each([
    [0, 0, 0],
    [1, 1 - Number.EPSILON, 1],
  ])('a share of %d, drawn %d', async (sample, drawn, logged) => {
    vi.spyOn(Math, 'random').mockReturnValue(drawn);
    const pending = client({ sample }).get('a').text();
    await (await wire.expect('GET /a')).respond(200);
    await pending;
    expect(events).toHaveLength(logged);
  });

  test('draws calls, and keeps what failed or was slow', async () => {
    vi.spyOn(Math, 'random').mockReturnValueOnce(0.05).mockReturnValue(0.95);
    const api = client({ sample: 0.1, slow: 1_000, attempts: true }, { timeout: false });
    const ended = async (path: string, status: number, afterMs = 0): Promise<void> => {
      const pending = outcome(api.get(path).text());
      const exchange = await wire.expect(`GET /${path}`);
      await clock.advance(afterMs);
      await exchange.respond(status);
      await pending;
    };
    await ended('drawn', 200);
    await ended('not', 200);
    await ended('failed', 500);
    await ended('slow', 200, 1_000);
    expect(lines).toEqual([
      'info: GET /drawn 200 in 0 ms', // the attempt
      'info: GET /drawn 200 in 0 ms',
      'error: GET /failed 500 in 0 ms',
      'error: GET /failed 500 in 0 ms',
      'warn: GET /slow 200 in 1000 ms',
    ]);
    expect(events.at(-1)).toMatchObject({ 'kyhooks.slow': true });
  });
});

describe('fields and level', () => {
  test('of the user', async () => {
    const api = client({
      fields: ({ method }) => ({ service: 'shop', verb: method, 'url.full': undefined }),
      level: (event) => (event['kyhooks.ok'] ? 'debug' : 'error'),
    });
    const pending = api.get('a').text();
    await (await wire.expect('GET /a')).respond(200);
    await pending;
    expect(lines).toEqual(['debug: GET /a 200 in 0 ms']);
    expect(events[0]).toMatchObject({ service: 'shop', verb: 'GET', 'url.full': undefined });
  });

  test('fixed ones', async () => {
    const pending = client({ fields: { service: 'shop' }, level: 'debug' })
      .get('a')
      .text();
    await (await wire.expect('GET /a')).respond(200);
    await pending;
    expect(events[0]).toMatchObject({ service: 'shop' });
    expect(lines[0]).toMatch(/^debug/);
  });
});

describe('what throws breaks nothing', () => {
  const mine = (): never => {
    throw new Error('mine');
  };
  test.each<[string, LogOptions, string[], number]>([
    ['the logger', { logger: mine }, ['the logger threw Error'], 0],
    ['a promise of the logger', { logger: async () => mine() }, ['the logger threw Error'], 0],
    ['level', { level: mine }, ['the logger threw Error'], 0],
    ['fields', { fields: mine }, ['fields threw Error'], 1],
    ['createRequestId', { requestId: true, createRequestId: mine }, ['createRequestId threw Error'], 1],
  ])('%s', async (_, options, reasons, logged) => {
    const pending = client(options).get('a');
    await (await wire.expect('GET /a')).respond(200, { body: 'ok' });
    const response = await pending;
    expect(await response.text()).toBe('ok');
    await clock.settle();
    expect(traceOf(response)?.decisions).toEqual(
      reasons.map((reason) => ({ attempt: 1, layer: 'log', verdict: 'threw', reason })),
    );
    expect(events).toHaveLength(logged);
  });
});

describe('the request id', () => {
  const sentId = async (api: KyInstance, options: Options = {}): Promise<string | null> => {
    const pending = api('a', options).text();
    const exchange = await wire.expect(`${(options.method ?? 'get').toUpperCase()} /a`);
    await exchange.respond(200);
    await pending;
    return exchange.request.headers.get('x-request-id');
  };

  test('is not sent unless it is asked for', async () => {
    expect(await sentId(client())).toBeNull();
    expect(await sentId(client(), { method: 'post', body: 'a' })).toBeNull();
    for (const event of events) expect(event).not.toHaveProperty(['kyhooks.request.id']);
  });

  test.each([
    ['none', undefined, []],
    ['an empty one', '', []],
    ['one that no header can hold', 'a\nb', ['createRequestId threw TypeError']],
  ])("is the call's where the user's function gives %s", async (_, made, reasons) => {
    const id = await sentId(client({ requestId: true, createRequestId: () => made }));
    expect(events).toMatchObject([{ 'kyhooks.call.id': id, 'kyhooks.request.id': id, 'kyhooks.ok': true }]);
    expect(events[0]!['kyhooks.call.decisions']?.map(({ reason }) => reason) ?? []).toEqual(reasons);
  });

  test('is the one that was sent where the server names an empty one', async () => {
    const pending = client({ requestId: true }).get('a').text();
    await (await wire.expect('GET /a')).respond(200, { headers: { 'x-request-id': '' } });
    await pending;
    expect(events[0]!['kyhooks.request.id']).toBe(events[0]!['kyhooks.call.id']);
  });

  test("is the call's, the same in all attempts", async () => {
    const pending = client({ requestId: true }, { retry: { limit: 1 } })
      .get('a')
      .text();
    const first = await wire.expect('GET /a');
    await first.respond(503);
    await clock.advance(300);
    const second = await wire.expect('GET /a');
    await second.respond(200);
    await pending;
    const id = events[0]!['kyhooks.call.id'];
    expect(events[0]!['kyhooks.call.decisions']).toHaveLength(1);
    expect([first, second].map(({ request }) => request.headers.get('x-request-id'))).toEqual([id, id]);
    expect(events[0]).toMatchObject({ 'kyhooks.request.id': id });
  });

  test("is the one of the user's function, or of the request", async () => {
    const api = client({ requestId: true, createRequestId: () => 'of mine' });
    expect(await sentId(api)).toBe('of mine');
    expect(await sentId(api, { headers: { 'x-request-id': 'there' } })).toBe('there');
    expect(events.map((event) => event['kyhooks.request.id'])).toEqual(['of mine', 'there']);
  });

  test("is the server's where it names one, in the header of the option", async () => {
    const pending = client({ requestId: 'x-trace' }).get('a');
    const exchange = await wire.expect('GET /a');
    await exchange.respond(200, { headers: { 'x-trace': "the server's" } });
    const response = await pending;
    await response.text();
    expect(exchange.request.headers.get('x-trace')).toBe(events[0]!['kyhooks.call.id']);
    expect(events[0]).toMatchObject({ 'kyhooks.request.id': "the server's" });
    expect(traceOf(response)?.requestId).toBe("the server's");
  });
});

test('log(false) removes it', async () => {
  const pending = client().get('a', log(false)).text();
  await (await wire.expect('GET /a')).respond(200);
  await pending;
  expect(events).toEqual([]);
});

test('listens beside others', async () => {
  const ends: unknown[] = [];
  const pending = client()
    .extend(onSettled(({ outcome: end }) => ends.push(end)))
    .get('a')
    .text();
  await (await wire.expect('GET /a')).respond(200);
  await pending;
  expect([ends, events.length]).toEqual([['ok'], 1]);
});

describe('loggers', () => {
  const logged = async (options: LogOptions): Promise<void> => {
    const pending = client({ ...options, fields: { service: 'shop' } })
      .get('a')
      .text();
    await (await wire.expect('GET /a')).respond(200);
    await pending;
  };

  test('a line of JSON to the console by default', async () => {
    const info = vi.spyOn(console, 'info').mockReturnValue(undefined);
    await logged({ logger: undefined as never });
    expect(JSON.parse(info.mock.calls[0]![0] as string)).toMatchObject({
      level: 'info',
      time: '2026-01-01T00:00:00.000Z',
      msg: 'GET /a 200 in 0 ms',
      'event.name': 'kyhooks.call',
      service: 'shop',
    });
  });

  test('the fields first where it is no console and not winston', async () => {
    const info = vi.fn<() => void>();
    await logged({ logger: { debug: info, info, warn: info, error: info } });
    expect(info).toHaveBeenCalledWith(expect.objectContaining({ service: 'shop' }), 'GET /a 200 in 0 ms');
  });
});
