import { gate, layer, traceOf } from '@kyhooks/core';
import { constant, retry } from '@kyhooks/retry';
import {
  networkError,
  type ScriptedWire,
  scriptedWire,
  type VirtualClock,
  virtualClock,
  outcome,
} from '@kyhooks/testing';
import fc from 'fast-check';
import ky, { isHTTPError, type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  idempotency,
  idempotencyDefaults,
  IdempotencyError,
  IdempotencyHTTPError,
  type IdempotencyOptions,
  isIdempotencyError,
} from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
});
afterEach(() => {
  clock.uninstall();
  vi.unstubAllGlobals();
});

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const header = 'idempotency-key';
const draftKey = '8e03978e-40d5-43e8-bc93-6894a57f9324';

const alone = (options: IdempotencyOptions = {}, more: Options = {}): KyInstance =>
  ky
    .create({ baseUrl: 'https://api.test/', fetch: wire.fetch, timeout: false, ...more })
    .extend(idempotency(options));
const client = (options: IdempotencyOptions = {}, more: Options = {}): KyInstance =>
  alone(options, more).extend(retry({ backoff: constant(100), jitter: 'none' }));

const reasons = (result: unknown): unknown =>
  traceOf(result)?.decisions.map(({ layer: by, verdict, reason }) => `${by}: ${verdict}: ${reason}`);
const keys = (name = header): (string | null)[] =>
  wire.exchanges.map(({ request }) => request.headers.get(name));

/** Answers one POST, and gives the key that came with it. */
async function keyOf(api: KyInstance, options: Options = {}, name = header): Promise<string | null> {
  const pending = api.post('a', { json: { amount: 5 }, ...options });
  const exchange = await wire.expect('POST /a');
  await exchange.respond(200);
  await (await pending).text();
  return exchange.request.headers.get(name);
}

test('pins the defaults', () => {
  expect(idempotencyDefaults).toEqual({
    methods: ['POST', 'PATCH'],
    ttl: 86_400_000,
    onStoreError: 'refuse',
    honored: true,
  });
});

test('names all faults of its options', () => {
  expect(() =>
    idempotency({
      methods: 'POST' as never,
      preset: 'striped' as never,
      header: 'no name',
      format: 'json' as never,
      createKey: 1 as never,
      operation: '',
      store: { get() {} } as never,
      ttl: 0,
      onStoreError: 'ignore' as never,
      origins: ['https://api.test/path'],
      honored: 'yes' as never,
    }),
  ).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTIONS',
      faults: [
        'methods',
        'preset',
        'header',
        'format',
        'createKey',
        'operation',
        'store',
        'ttl',
        'onStoreError',
        'origins',
        'honored',
      ].map((option) => expect.objectContaining({ option })),
    }),
  );
});

test.each([{ header: 5 }, { store: null }, { store: 5 }])('an option that is none: %j', (options) => {
  expect(() => idempotency(options as never)).toThrow(
    /^idempotency\(\) was given options that are not valid/,
  );
});

describe('the key', () => {
  test('is a random UUID, in Idempotency-Key, for POST and PATCH', async () => {
    const pending = alone().patch('a', { body: 'text' });
    const exchange = await wire.expect('PATCH /a');
    await exchange.respond(200);
    expect(traceOf(await pending)).toMatchObject({
      idempotencyKey: exchange.request.headers.get(header),
      replaySafe: true,
    });
    expect(await keyOf(alone())).toMatch(uuid);
    const [patch, post] = keys();
    expect(patch).toMatch(uuid);
    expect(post).not.toBe(patch);
  });

  test.each(['get', 'put', 'delete', 'head'] as const)('is not sent with %s', async (method) => {
    const pending = alone()[method]('a');
    await (await wire.expect(`${method.toUpperCase()} /a`)).respond(204);
    expect(traceOf(await pending)).toMatchObject({ replaySafe: false });
    expect(keys()).toEqual([null]);
  });

  test('is sent with other methods by option, whatever their letter case', async () => {
    const pending = alone({ methods: ['put'] }).put('a');
    await (await wire.expect('PUT /a')).respond(204);
    await pending;
    expect(keys()).toEqual([expect.stringMatching(uuid)]);
  });

  test('knows the method of a Request', async () => {
    for (const method of ['POST', 'GET']) {
      const pending = alone()(new Request('https://api.test/a', { method }));
      await (await wire.expect(`${method} /a`)).respond(204);
      await pending;
    }
    expect(keys()).toEqual([expect.stringMatching(uuid), null]);
  });

  test('is random digits where the page is no secure context', async () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    expect(await keyOf(alone())).toMatch(/^[\da-f]{32}$/);
  });

  test('is made by createKey, once per call', async () => {
    const createKey = vi.fn<(request: Request) => Promise<string>>(
      async ({ url }) => `${new URL(url).pathname.slice(1)}-1`,
    );
    const pending = client({ createKey }).post('a');
    await (await wire.expect('POST /a')).respond(503);
    await clock.advance(100);
    await (await wire.expect('POST /a')).respond(200);
    await pending;
    expect(createKey).toHaveBeenCalledTimes(1);
    expect(keys()).toEqual(['a-1', 'a-1']);
  });

  test('of the user is kept, unchanged, on every attempt', async () => {
    const pending = client().post('a', { headers: { 'Idempotency-Key': 'mine,1' } });
    await (await wire.expect('POST /a')).respond(503);
    await clock.advance(100);
    await (await wire.expect('POST /a')).respond(200);
    expect(traceOf(await pending)).toMatchObject({ idempotencyKey: 'mine,1', replaySafe: true });
    expect(keys()).toEqual(['mine,1', 'mine,1']);
  });

  test("of a hook of the user's is kept too", async () => {
    const hooks = {
      beforeRequest: [({ request }: { request: Request }) => request.headers.set(header, 'hooked')],
    };
    expect(await keyOf(alone({}, { hooks }))).toBe('hooked');
  });

  test('a header set by hand, without the layer, promises nothing', async () => {
    const api = client().extend(idempotency(false));
    const pending = outcome(api.post('a', { headers: { [header]: 'mine' } }));
    await (await wire.expect('POST /a')).respond(503);
    await wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      'retry: stop: status 503 is retryable, but POST is not safe to send twice',
    ]);
  });

  test('honored: false sends the key and promises nothing', async () => {
    const pending = outcome(client({ honored: false }).post('a'));
    await (await wire.expect('POST /a')).respond(503);
    await wire.expectNothing(60_000);
    await pending;
    expect(keys()).toEqual([expect.stringMatching(uuid)]);
  });
});

describe('how it is written', () => {
  // The vectors IK1 to IK4: key, quoted, raw; null is refused before anything is sent.
  const vectors: readonly (readonly [key: string, quoted: string | null, raw: string | null])[] = [
    [draftKey, `"${draftKey}"`, draftKey],
    ['a"b\\c', '"a\\"b\\\\c"', null],
    ['a b', '"a b"', null],
    ['a\nb', null, null],
    ['a\tb', null, null],
    ['é', null, null],
    ['', null, null],
  ];
  const cases = vectors.flatMap(
    ([key, quoted, raw]) =>
      [
        ['quoted', key, quoted],
        ['raw', key, raw],
      ] as const,
  );

  test.each(cases.filter(([, , expected]) => expected !== null))(
    '%s %j: %s',
    async (format, key, expected) => {
      expect(await keyOf(alone({ format, createKey: () => key }))).toBe(expected);
    },
  );

  test.each(cases.filter(([, , expected]) => expected === null))('%s %j is refused', async (format, key) => {
    const error = await outcome(alone({ format, createKey: () => key }).post('a'));
    expect(error).toBeInstanceOf(IdempotencyError);
    expect(error).toMatchObject({ code: 'INVALID_IDEMPOTENCY_KEY', isKyError: true });
    expect(isIdempotencyError(error)).toBe(true);
    expect(reasons(error)).toEqual(['idempotency: refused: Not sent: Idempotency-Key cannot carry this key']);
    expect(wire.exchanges).toEqual([]);
  });

  test('what is no string is refused', async () => {
    const error = await outcome(alone({ createKey: () => 7 as never }).post('a'));
    expect(error).toMatchObject({ code: 'INVALID_IDEMPOTENCY_KEY' });
  });

  test.each([
    ['raw', draftKey, draftKey],
    ['quoted', `"${draftKey}"`, draftKey],
    ['quoted', '"a\\"b"', 'a"b'],
  ] as const)("the user's own, %s: %s", async (format, value, key) => {
    const pending = alone({ format }).post('a', { headers: { [header]: value } });
    await (await wire.expect('POST /a')).respond(200);
    expect(traceOf(await pending)?.idempotencyKey).toBe(key);
    expect(keys()).toEqual([value]);
  });

  test.each([
    ['raw', 'with "quotes"'],
    ['quoted', draftKey],
    ['quoted', '"open'],
    ['quoted', 'before "it"'],
    ['quoted', '"it" behind'],
  ] as const)("the user's own, refused, %s: %s", async (format, value) => {
    const error = await outcome(alone({ format }).post('a', { headers: { [header]: value } }));
    expect(error).toMatchObject({ code: 'INVALID_IDEMPOTENCY_KEY' });
    expect(error).not.toHaveProperty('cause');
  });

  test('255 characters by default', async () => {
    expect(await keyOf(alone({ createKey: () => 'x'.repeat(255) }))).toHaveLength(255);
    const error = await outcome(alone({ createKey: () => 'x'.repeat(256) }).post('a'));
    expect(error).toMatchObject({ code: 'INVALID_IDEMPOTENCY_KEY' });
  });

  test('under another name', async () => {
    expect(await keyOf(alone({ header: 'X-Idempotency-Key' }), {}, 'x-idempotency-key')).toMatch(uuid);
    expect(keys()).toEqual([null]);
  });

  test('an option that is undefined counts as not given', async () => {
    const nothing = {
      header: undefined,
      methods: undefined,
      preset: undefined,
    } as unknown as IdempotencyOptions;
    expect(await keyOf(alone(nothing))).toMatch(uuid);
  });
});

describe('every attempt', () => {
  const bodies: Readonly<Record<string, () => Options>> = {
    json: () => ({ json: { b: 1, a: [2] } }),
    text: () => ({ body: 'text' }),
    bytes: () => ({ body: Uint8Array.of(0, 255, 7) }),
    parameters: () => ({ body: new URLSearchParams({ a: '1' }) }),
    blob: () => ({ body: new Blob(['blob'], { type: 'text/plain' }) }),
    form: () => {
      const body = new FormData();
      body.set('a', '1');
      body.set('file', new Blob(['content']), 'name.txt');
      return { body };
    },
  };
  for (const [name, options] of Object.entries(bodies)) {
    test(`has the same key and the same bytes: ${name}`, async () => {
      const pending = client().post('a', options());
      const seen: unknown[] = [];
      for (const status of [503, 500, 200]) {
        const exchange = await wire.expect('POST /a');
        seen.push([
          exchange.request.headers.get(header),
          [...new Uint8Array(await exchange.request.clone().arrayBuffer())].join(),
        ]);
        await exchange.respond(status);
        await clock.advance(100);
      }
      await pending;
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).toEqual(seen[0]);
    });
  }

  test('has it after a lost answer, a timeout of ky, and ky.retry()', async () => {
    let forced = false;
    const hooks: Options['hooks'] = {
      afterResponse: [
        () => {
          if (forced) return undefined;
          forced = true;
          return ky.retry({ delay: 1 });
        },
      ],
    };
    const pending = client({}, { timeout: 50, hooks }).post('a', { json: {} });
    await (await wire.expect('POST /a')).fail(networkError('ECONNRESET'));
    await clock.advance(100);
    await wire.expect('POST /a'); // hangs
    await clock.advance(150);
    await (await wire.expect('POST /a')).respond(200);
    await clock.advance(1);
    await (await wire.expect('POST /a')).respond(200);
    await pending;
    expect(new Set(keys()).size).toBe(1);
    expect(keys()).toHaveLength(4);
  });

  test('has it when a hook puts another request in place, except at a foreign origin', async () => {
    const urls = ['https://api.test/b', 'https://other.test/c'];
    const hooks: Options['hooks'] = {
      beforeRetry: [() => new Request(urls.shift()!, { method: 'POST', body: 'text' })],
    };
    const pending = client({ format: 'quoted', createKey: () => 'a"b' }, { hooks }).post('a', {
      body: 'text',
    });
    await (await wire.expect('POST /a')).respond(503);
    await clock.advance(100);
    await (await wire.expect('POST /b')).respond(503);
    await clock.advance(100);
    await (await wire.expect('POST /c')).respond(200);
    await pending;
    expect(keys()).toEqual(['"a\\"b"', '"a\\"b"', null]);
  });

  test('is not sent again where it has no key: at a foreign origin', async () => {
    const hooks: Options['hooks'] = {
      beforeRetry: [() => new Request('https://other.test/b', { method: 'POST', body: 'text' })],
    };
    const pending = outcome(client({}, { hooks }).post('a', { body: 'text' }));
    await (await wire.expect('POST /a')).respond(503);
    await clock.advance(100);
    await (await wire.expect('POST /b')).respond(503);
    await wire.expectNothing(60_000);
    expect(reasons(await pending)).toContain(
      'retry: stop: status 503 is retryable, but POST is not safe to send twice',
    );
  });

  test('property: one key per call, however many attempts; a fresh one for each call', async () => {
    clock.uninstall();
    const run = async (failures: readonly number[]): Promise<void> => {
      using time = virtualClock();
      const script = scriptedWire(time, {
        replies: [...failures.map((status) => ({ status })), { status: 200 }],
      });
      const api = ky
        .create({ fetch: script.fetch, timeout: false })
        .extend(idempotency())
        .extend(retry({ limit: 20, jitter: 'none' }));
      await time.finish(api.post('https://api.test/a', { json: failures }).text());
      await time.finish(api.post('https://api.test/a', { json: failures }).text());
      const sent = script.exchanges.map(({ request }) => request.headers.get(header));
      const [first] = sent;
      expect(sent.slice(0, failures.length + 1).every((key) => key === first)).toBe(true);
      expect(sent.at(-1)).not.toBe(first);
    };
    const statuses = fc.array(fc.constantFrom(408, 425, 429, 500, 502, 503, 504), { maxLength: 20 });
    await fc.assert(fc.asyncProperty(statuses, run), { numRuns: 60 });
    clock = virtualClock();
  });
});

describe('where it goes', () => {
  const send = async (options: IdempotencyOptions, more: Options, url: string): Promise<unknown> => {
    const pending = alone(options, more).post(url);
    await clock.settle();
    await wire.exchanges.at(-1)!.respond(200);
    return pending;
  };

  test("by default to the instance's own origin only, and the record says so", async () => {
    const response = await send({}, {}, 'https://other.test/a');
    expect(keys()).toEqual([null]);
    expect(traceOf(response)).toMatchObject({ replaySafe: false });
    expect(reasons(response)).toEqual(['idempotency: note: its origin gets no key']);
  });

  test('everywhere where there is no baseUrl', async () => {
    const pending = ky.create({ fetch: wire.fetch }).extend(idempotency()).post('https://other.test/a');
    await (await wire.expect('POST /a')).respond(200);
    await pending;
    expect(keys()).toEqual([expect.stringMatching(uuid)]);
  });

  test.each([
    [['https://other.test'], [true, false]],
    [(url: URL) => url.hostname.endsWith('.test'), [true, true]],
  ] as const)('by option: %s', async (origins, expected) => {
    await send({ origins }, {}, 'https://other.test/a');
    await send({ origins }, {}, 'a');
    expect(keys().map((key) => key !== null)).toEqual(expected);
  });
});

describe('answers', () => {
  const problem = (title: string): Options => ({ json: { title, detail: 'Idempotency-Key' } });
  const inProgress = problem('A request is outstanding for this Idempotency-Key') as { json: unknown };

  test('409 of a first request that still runs is waited for, longer each time', async () => {
    const pending = client().post('a');
    for (const ms of [500, 1_000, 2_000]) {
      await (await wire.expect('POST /a')).respond(409, inProgress);
      await wire.expectNothing(ms - 1);
      await clock.advance(1);
    }
    await (await wire.expect('POST /a')).respond(201);
    expect(reasons(await pending)).toEqual(
      Array.from({ length: 3 }, () => 'idempotency: retry: the first request with this key still runs'),
    );
    expect(new Set(keys()).size).toBe(1);
  });

  test('within the limit', async () => {
    const pending = outcome(client().post('a', retry({ limit: 1 })));
    await (await wire.expect('POST /a')).respond(409, inProgress);
    await clock.advance(500);
    await (await wire.expect('POST /a')).respond(409, inProgress);
    await wire.expectNothing(60_000);
    expect(isHTTPError(await pending)).toBe(true);
    expect(reasons(await pending)).toContain(
      'idempotency: stop: the first request with this key still runs, but the limit of 1 retries is reached',
    );
  });

  test('with the pause of the server where it names one', async () => {
    const pending = client().post('a');
    await (await wire.expect('POST /a')).respond(409, { headers: { 'retry-after': '3' } });
    await wire.expectNothing(2_999);
    await clock.advance(1);
    await (await wire.expect('POST /a')).respond(200);
    expect(traceOf(await pending)).toMatchObject({ notBeforeMs: 3_000 });
  });

  test.each([
    [{}, '61'],
    [{ retry: { maxRetryAfter: 2_000 } }, '3'],
  ])('but not with one that is too long: %j', async (more: Options, pause) => {
    const pending = outcome(client({}, more).post('a'));
    await (await wire.expect('POST /a')).respond(409, { headers: { 'retry-after': pause } });
    await wire.expectNothing(120_000);
    expect(reasons(await pending)).toContain(
      `idempotency: stop: the first request with this key still runs, but the server's pause of ${pause}000 ms is too long`,
    );
  });

  test('with the longest pause that is not too long', async () => {
    const pending = client().post('a');
    await (await wire.expect('POST /a')).respond(409, { headers: { 'retry-after': '60' } });
    await clock.advance(60_000);
    await (await wire.expect('POST /a')).respond(200);
    expect(reasons(await pending)).toEqual([
      'idempotency: retry: the first request with this key still runs, the server asks for a pause',
    ]);
  });

  test('the wait is 0 where the gate keeps the pause', async () => {
    const paced = layer({ name: 'paced', configure: (_, __, call) => void (call.paced = true) });
    const pending = client().extend(paced()).post('a');
    await (await wire.expect('POST /a')).respond(409, { headers: { 'retry-after': '3' } });
    await clock.advance(0);
    await (await wire.expect('POST /a')).respond(200);
    expect(traceOf(await pending)).toMatchObject({ notBeforeMs: 3_000, decisions: [{ delayMs: 0 }] });
  });

  test('also where statuses are not thrown, as far as the header tells', async () => {
    const pending = client().post('a', { throwHttpErrors: false });
    await (await wire.expect('POST /a')).respond(409, { headers: { 'retry-after': '1' } });
    await clock.advance(1_000);
    await (await wire.expect('POST /a')).respond(409, { json: { title: 'taken' } });
    expect(await (await pending).json()).toEqual({ title: 'taken' });
  });

  test('alone, nothing is sent again', async () => {
    const pending = outcome(alone().post('a'));
    await (await wire.expect('POST /a')).respond(409, inProgress);
    await wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      'idempotency: stop: the first request with this key still runs, and no layer sends again',
    ]);
  });

  test('where keys are not honoured, nothing is sent again', async () => {
    const pending = outcome(client({ honored: false }).post('a'));
    await (await wire.expect('POST /a')).respond(409, inProgress);
    await wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual(['retry: stop: status 409 is not retryable']);
  });

  test('a 409 of another kind is none of it', async () => {
    const pending = outcome(client().post('a'));
    await (await wire.expect('POST /a')).respond(409, { json: { title: 'This name is taken' } });
    await wire.expectNothing(60_000);
    expect(await pending).not.toBeInstanceOf(IdempotencyHTTPError);
    expect(reasons(await pending)).toEqual(['retry: stop: status 409 is not retryable']);
  });

  test.each([
    [422, 'IDEMPOTENCY_KEY_REUSED', 'The idempotency key was used with another payload before'],
    [400, 'IDEMPOTENCY_KEY_MISSING', 'The server misses an idempotency key that it can take'],
  ] as const)('%d is an error of its own, and never sent again', async (status, code, text) => {
    const insistent = retry({ statusCodes: [status], shouldRetry: () => true });
    const pending = outcome(client().extend(insistent).post('a?sig=secret', { json: {} }));
    await (await wire.expect('POST /a?sig=secret')).respond(status, problem('…') as { json: unknown });
    await wire.expectNothing(60_000);
    const error = await pending;
    expect(error).toBeInstanceOf(IdempotencyHTTPError);
    expect(error).toMatchObject({
      name: 'HTTPError',
      code,
      message: `${text} (status ${status}): POST https://api.test/a?sig=REDACTED`,
      data: { detail: 'Idempotency-Key' },
    });
    expect(isHTTPError(error) && isIdempotencyError(error)).toBe(true);
    expect(traceOf(error)).toMatchObject({ error: code, attempts: [{ status }] });
    expect(wire.exchanges).toHaveLength(1);
  });

  test.each([
    [422, {}],
    [500, { 'stripe-should-retry': 'false' }],
  ])('%d that is never sent again is not by ky either', async (status, headers: Record<string, string>) => {
    const api = alone(status === 500 ? { preset: 'stripe' } : {}, {
      retry: { limit: 2, methods: ['post'], statusCodes: [status], delay: () => 1 },
    });
    const pending = outcome(api.post('a'));
    await (
      await wire.expect('POST /a')
    ).respond(status, { ...problem('used'), headers } as { json: unknown });
    await wire.expectNothing(60_000);
    expect(reasons(await pending)).toEqual([
      status === 500
        ? 'idempotency: stop: the server says stripe-should-retry: false'
        : 'idempotency: stop: the server refuses it for its idempotency key',
    ]);
  });

  test.each([400, 422])('%d of a GET, which has no key, is what it is', async (status) => {
    const pending = outcome(client().get('a'));
    await (await wire.expect('GET /a')).respond(status, problem('found nothing') as { json: unknown });
    expect(isHTTPError(await pending)).toBe(true);
    expect(isIdempotencyError(await pending)).toBe(false);
  });

  test.each([
    [422, undefined],
    [400, 'IDEMPOTENCY_KEY_MISSING'],
  ])('%d of a write that got no key', async (status, code) => {
    const pending = outcome(client().put('a'));
    await (await wire.expect('PUT /a')).respond(status, problem('…') as { json: unknown });
    expect((await pending) as { code?: string }).toHaveProperty('response.status', status);
    expect(((await pending) as { code?: string }).code).toBe(code);
  });

  test('data that a parser made something else of than JSON hides no error', async () => {
    const pending = outcome(client().post('a', { parseJson: () => ({ amount: 1n }) }));
    await (await wire.expect('POST /a')).respond(422, { json: {} });
    const error = await pending;
    expect(isHTTPError(error)).toBe(true);
    expect(error).toMatchObject({ data: { amount: 1n } });
  });

  test('an answer is recognised also behind a line separator, which JSON leaves as it is', async () => {
    const pending = outcome(client().post('a', { json: {} }));
    await (await wire.expect('POST /a')).respond(422, { json: { detail: 'reused\u2028Idempotency-Key' } });
    expect(await pending).toBeInstanceOf(IdempotencyHTTPError);
  });

  test.each([400, 422])('%d of another kind is what it is', async (status) => {
    const pending = outcome(client().post('a'));
    await (await wire.expect('POST /a')).respond(status, { json: { errors: ['amount'] } });
    const error = await pending;
    expect(isHTTPError(error)).toBe(true);
    expect(isIdempotencyError(error)).toBe(false);
  });

  test('hooks of the user see the same error as the caller', async () => {
    const seen: unknown[] = [];
    const hooks: Options['hooks'] = { beforeError: [({ error }) => (seen.push(error), error)] };
    const pending = outcome(client({}, { hooks }).post('a'));
    await (await wire.expect('POST /a')).respond(422, problem('used') as { json: unknown });
    expect(seen).toEqual([await pending]);
  });

  test.each(['Idempotent-Replayed', 'Idempotent-Replay', 'Idempotency-Replayed', 'X-Idempotency-Replay'])(
    'a replay is on the record: %s',
    async (name) => {
      const pending = alone().post('a');
      await (await wire.expect('POST /a')).respond(201, { headers: { [name]: 'true' } });
      expect(reasons(await pending)).toEqual([
        `idempotency: note: the answer is a replay (${name.toLowerCase()})`,
      ]);
    },
  );

  test('what is no replay is not', async () => {
    const pending = alone().post('a');
    await (await wire.expect('POST /a')).respond(201, { headers: { 'idempotent-replayed': 'false' } });
    expect(reasons(await pending)).toEqual([]);
  });
});

test('a stream has a key, and is sent once', async () => {
  const body = new ReadableStream({ start: (controller) => controller.close() });
  const pending = outcome(client().post('a', { body, duplex: 'half' } as Options));
  await (await wire.expect('POST /a')).respond(503);
  await wire.expectNothing(60_000);
  expect(keys()).toEqual([expect.stringMatching(uuid)]);
  expect(reasons(await pending)).toContain('retry: stop: status 503 is retryable, but its body is a stream');
});

test('the key is there for layers that sign', async () => {
  const sign = layer({
    name: 'sign',
    places: [
      gate({
        stage: 'sign',
        run: ({ request }) => request.headers.set('x-sign', request.headers.get(header)!),
      }),
    ],
  });
  expect(await keyOf(alone().extend(sign()), {}, 'x-sign')).toMatch(uuid);
});
