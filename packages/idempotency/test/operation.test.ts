import { explain, traceOf } from '@kyhooks/core';
import { type ScriptedWire, scriptedWire, type VirtualClock, virtualClock, outcome } from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  idempotency,
  type IdempotencyOptions,
  type IdempotencyStore,
  isIdempotencyError,
} from '../src/index.ts';
import { memory } from '../src/memory.ts';
import { createStore } from '../src/store.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock, { replies: [{ status: 201 }] });
});
afterEach(() => {
  clock.uninstall();
  vi.unstubAllGlobals();
});

const header = 'idempotency-key';
const client = (options: IdempotencyOptions = {}): KyInstance =>
  ky
    .create({ baseUrl: 'https://api.test/', fetch: wire.fetch, timeout: false })
    .extend(idempotency({ store: memory(), ...options }));
/** Waited for in real time: a digest is made in another thread, of which the clock knows nothing. */
const reasons = (result: unknown): unknown =>
  traceOf(result)?.decisions.map(({ verdict, reason }) => `${verdict}: ${reason}`);
const keys = (): (string | null)[] => wire.exchanges.map(({ request }) => request.headers.get(header));

const invoice = 'invoice:2026-11:acme';
const draft: Options = { json: { amount: 5 } };
const post = (api: KyInstance, options: Options = draft): Promise<unknown> =>
  outcome(api('a', { method: 'post', ...options }));

describe('the same operation', () => {
  test('has the same key, call after call and at once', async () => {
    const api = client({ operation: invoice });
    await outcome(Promise.all([api.post('a', draft), api.post('a', draft)]));
    expect(reasons(await post(api))).toEqual(['note: the operation has had its key since before']);
    expect(new Set(keys()).size).toBe(1);
    expect(keys()).toHaveLength(3);
  });

  test('on two clients with one store too; with a store of its own another key', async () => {
    const store = memory();
    await post(client({ store, operation: invoice }));
    await post(client({ store, operation: invoice }));
    await post(client({ operation: invoice }));
    const [first, second, third] = keys();
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  test('another operation has another key, and so have calls without one', async () => {
    const api = client();
    await post(api, { ...draft, ...idempotency({ operation: 'a' }) });
    await post(api, { ...draft, ...idempotency({ operation: 'b' }) });
    await post(api);
    await post(api);
    expect(new Set(keys()).size).toBe(4);
  });

  test('is named by a function of the request', async () => {
    const api = client({ operation: async ({ url }) => new URL(url).searchParams.get('order') ?? undefined });
    for (const order of ['?order=1', '?order=1', '?order=2', '', ''])
      await outcome(api.post(`a${order}`, draft));
    const [first, again, ...others] = keys();
    expect(again).toBe(first);
    expect(new Set([first, ...others]).size).toBe(4);
  });

  test('is none where the function finds no name', async () => {
    const store = memory();
    const operation = ({ headers }: Request): string => headers.get('x-order')!;
    await post(client({ operation, store }));
    await post(client({ operation, store }), { json: { amount: 6 } });
    expect(new Set(keys()).size).toBe(2);
  });

  test('has its key for its time to live', async () => {
    const api = client({ operation: invoice, ttl: 60_000 });
    await post(api);
    await clock.advance(59_999);
    await post(api);
    await clock.advance(1);
    await post(api);
    const [first, second, third] = keys();
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  test('is forgotten by delete()', async () => {
    const store = memory();
    const api = client({ operation: invoice, store });
    await post(api);
    expect(await store.get(invoice)).toMatchObject({
      key: keys()[0],
      digest: expect.stringMatching(/^[\da-f]{64}$/),
    });
    await store.delete(invoice);
    await post(api, { json: { amount: 6 } });
    expect(new Set(keys()).size).toBe(2);
  });

  test("keeps the user's own header: the operation is not asked", async () => {
    const store = memory();
    await post(client({ operation: invoice, store }), { ...draft, headers: { [header]: 'mine' } });
    expect(keys()).toEqual(['mine']);
    expect(await store.get(invoice)).toBeUndefined();
  });

  test('makes no key where it has one', async () => {
    const createKey = vi.fn<() => string>(() => 'made');
    const api = client({ operation: invoice, createKey });
    await post(api);
    await post(api);
    expect(createKey).toHaveBeenCalledTimes(1);
  });
});

describe('another payload', () => {
  const form = (text: string): Options => {
    const body = new FormData();
    body.set('file', new Blob([text]), 'a.txt');
    return { body };
  };
  const changes: Readonly<Record<string, readonly [Options, Options]>> = {
    json: [draft, { json: { amount: 6 } }],
    bytes: [{ body: Uint8Array.of(1) }, { body: Uint8Array.of(2) }],
    buffer: [{ body: Uint8Array.of(1).buffer }, { body: Uint8Array.of(2).buffer }],
    parameters: [{ body: new URLSearchParams('a=1') }, { body: new URLSearchParams('a=2') }],
    blob: [{ body: new Blob(['1']) }, { body: new Blob(['2']) }],
    form: [form('1'), form('2')],
    'a value of the query': [
      { ...draft, searchParams: { a: 1 } },
      { ...draft, searchParams: { a: 2 } },
    ],
    query: [draft, { ...draft, searchParams: { a: 1 } }],
    method: [draft, { ...draft, method: 'patch' }],
    'no body': [{}, draft],
  };
  for (const [name, [first, other]] of Object.entries(changes)) {
    test(`is refused before it is sent: ${name}`, async () => {
      const api = client({ operation: invoice });
      await post(api, first);
      await post(api, name === 'form' ? form('1') : first);
      expect(new Set(keys()).size).toBe(1);
      const error = await post(api, other);
      expect(isIdempotencyError(error)).toBe(true);
      expect(error).toMatchObject({
        name: 'IdempotencyError',
        code: 'IDEMPOTENCY_OPERATION_REUSED',
        operation: invoice,
        message: `Not sent: the operation "${invoice}" was used with another payload`,
      });
      expect(reasons(error)).toEqual([`refused: ${(error as Error).message}`]);
      expect(keys()).toHaveLength(2);
    });
  }

  const stream = (): Options =>
    ({
      body: new ReadableStream({ start: (controller) => controller.close() }),
      duplex: 'half',
    }) as Options;
  const uncompared = 'note: the payload of the operation is not compared: its body cannot be read beforehand';

  test('of a stream cannot be told: it is not read, and the record says so', async () => {
    const api = client({ operation: invoice });
    expect(reasons(await post(api, stream()))).toEqual([uncompared]);
    expect(reasons(await post(api))).toEqual(['note: the operation has had its key since before']);
    expect(new Set(keys()).size).toBe(1);
  });

  test('nor of a body inside a Request, which may be a stream', async () => {
    const api = client({ operation: invoice });
    const request = new Request('https://api.test/a', { method: 'POST', body: 'text' });
    expect(reasons(await outcome(api(request)))).toEqual([uncompared]);
  });

  test('nor on a page that is no secure context', async () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    expect(reasons(await post(client({ operation: invoice })))).toEqual([uncompared]);
  });
});

describe('a store that fails', () => {
  const broken = (
    failing: 'get' | 'add',
    error: unknown = Object.assign(new Error('full'), { code: 'ENOSPC' }),
  ): IdempotencyStore => ({
    get: () => undefined,
    add: (_, entry) => entry,
    delete: () => undefined,
    [failing]: () => Promise.reject(error),
  });

  test.each(['get', 'add'] as const)('refuses the call: %s', async (failing) => {
    const store = createStore(broken(failing));
    const error = await post(client({ operation: invoice, store }));
    expect(error).toMatchObject({
      code: 'IDEMPOTENCY_STORE_FAILED',
      message: 'Not sent: the store of operations failed (ENOSPC)',
      operation: invoice,
      cause: { code: 'ENOSPC' },
    });
    expect(wire.exchanges).toEqual([]);
    expect(reasons(error)).toEqual([`refused: ${(error as Error).message}`]);
  });

  test.each(['get', 'add'] as const)('or goes on by option, and says so: %s', async (failing) => {
    const store = createStore(broken(failing));
    const response = await post(client({ operation: invoice, store, onStoreError: 'proceed' }));
    expect(reasons(response)).toEqual([
      'note: the store of operations failed (ENOSPC): sent with a fresh key',
    ]);
    expect(keys()).toEqual([expect.any(String)]);
  });

  test('does not concern calls without an operation', async () => {
    await post(client({ store: createStore(broken('get')) }));
    expect(wire.exchanges).toHaveLength(1);
  });

  test('a key that cannot be sent is not the fault of the store', async () => {
    const store = memory();
    const api = client({ operation: invoice, store, createKey: () => 'a\nb', onStoreError: 'proceed' });
    expect(await post(api)).toMatchObject({ code: 'INVALID_IDEMPOTENCY_KEY' });
    expect(await store.get(invoice)).toBeUndefined();
  });

  test.each(['refuse', 'proceed'] as const)(
    'nor is a key that cannot be made, which is asked for once: %s',
    async (onStoreError) => {
      const mine = new Error('mine');
      const createKey = vi.fn<() => string>(() => {
        throw mine;
      });
      const error = await post(client({ operation: invoice, createKey, onStoreError }));
      expect(error).toBe(mine);
      expect(reasons(error)).toEqual([]);
      expect(createKey).toHaveBeenCalledTimes(1);
    },
  );

  test('one that gives no entry has failed, too', async () => {
    const forgetful = createStore({ ...broken('get'), get: () => undefined, add: () => undefined as never });
    const options = { operation: invoice, store: forgetful };
    expect(await post(client(options))).toMatchObject({ code: 'IDEMPOTENCY_STORE_FAILED' });
    await post(client({ ...options, onStoreError: 'proceed' }));
    expect(keys()).toEqual([expect.any(String)]);
  });

  test('a stored key that the API cannot take is not sent', async () => {
    const store = memory();
    await store.add(invoice, { key: 'x'.repeat(65), expires: Date.now() + 1_000 });
    const error = await post(client({ operation: invoice, store, preset: 'adyen' }));
    expect(error).toMatchObject({ code: 'INVALID_IDEMPOTENCY_KEY' });
    expect(reasons(error)).toContain('refused: Not sent: Idempotency-Key cannot carry this key');
    expect(wire.exchanges).toEqual([]);
  });

  test('a store that fails when the caller aborts leaves the reason of the caller', async () => {
    const reason = new Error('mine');
    const controller = new AbortController();
    const get = (): never => {
      controller.abort(reason);
      throw new Error('of the store');
    };
    const store = createStore({ ...broken('add'), get });
    expect(await post(client({ operation: invoice, store }), { ...draft, signal: controller.signal })).toBe(
      reason,
    );
  });

  test.each<[string, IdempotencyOptions]>([
    ['operation', { operation: () => new Promise(() => undefined) }],
    ['createKey', { createKey: () => new Promise(() => undefined) }],
    ['createKey of an operation', { operation: invoice, createKey: () => new Promise(() => undefined) }],
  ])(
    'a callback that hangs ends with the abort of the caller, with its own reason: %s',
    async (_, options) => {
      const reason = new Error('mine');
      const controller = new AbortController();
      const pending = client(options)
        .post('a', { ...draft, signal: controller.signal })
        .catch((error: unknown) => error);
      await clock.settle();
      controller.abort(reason);
      expect(await pending).toBe(reason);
    },
  );

  test('a store that hangs ends with the abort of the caller, with its own reason', async () => {
    const reason = new Error('mine');
    const hanging = createStore({ ...broken('add'), get: () => new Promise(() => undefined) });
    const controller = new AbortController();
    const pending = client({ operation: invoice, store: hanging, onStoreError: 'proceed' })
      .post('a', { ...draft, signal: controller.signal })
      .catch((error: unknown) => error);
    await clock.settle();
    controller.abort(reason);
    expect(await pending).toBe(reason);
    expect(wire.exchanges).toEqual([]);
  });

  test('no store at all refuses the call, and explain() warns', async () => {
    const api = ky.create({ fetch: wire.fetch }).extend(idempotency({ operation: invoice }));
    expect(explain(api).warnings).toEqual(['idempotency: an operation needs the option store']);
    expect(await outcome(api.post('https://api.test/a'))).toMatchObject({
      code: 'IDEMPOTENCY_STORE_FAILED',
      message: 'Not sent: an operation needs the option store',
      operation: invoice,
    });
    expect(explain(api, idempotency({ store: memory() })).warnings).toEqual([]);
    expect(explain(ky.create().extend(idempotency())).warnings).toEqual([]);
  });
});

describe('memory()', () => {
  test('lets go of what has expired', async () => {
    const store = memory();
    await store.add('a', { key: '1', expires: Date.now() + 10 });
    await clock.advance(10);
    expect(await store.get('a')).toBeUndefined();
    expect(await store.add('a', { key: '2', expires: Date.now() + 10 })).toMatchObject({ key: '2' });
    expect(await store.add('a', { key: '3', expires: Date.now() + 10 })).toMatchObject({ key: '2' });
  });
});
