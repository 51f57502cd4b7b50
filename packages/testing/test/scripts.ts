import { auth } from '@kyhooks/auth';
import { type Call, traceOf } from '@kyhooks/core';
import { toFetch } from '@kyhooks/fetch';
import { idempotency } from '@kyhooks/idempotency';
import { memory } from '@kyhooks/idempotency/memory';
import { rateLimit } from '@kyhooks/rate-limit';
import { paginate, result } from '@kyhooks/result';
import { retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import ky, { type KyInstance, type Options } from 'ky';
import * as v from 'valibot';
import { networkError, type Reply } from '@kyhooks/testing';

/** What one script does: calls through a client, against replies that are played on a virtual clock. */
export interface Script {
  readonly replies: readonly Reply[];
  /** ky options of the instance, the user's own hooks among them. */
  readonly options?: Options;
  /** The calls; what it gives is compared. */
  readonly play: (api: KyInstance) => Promise<unknown>;
}

/** What became of a call, without what cannot be compared. */
export async function told(call: PromiseLike<unknown>): Promise<unknown> {
  try {
    const value = await call;
    return value instanceof Response
      ? { status: value.status, text: await value.text(), record: recordOf(value) }
      : { value };
  } catch (error) {
    if (!(error instanceof Error)) return { reason: error };
    const { name, message, data, code } = error as Error & { data?: unknown; code?: unknown };
    return { name, message, data, code, record: recordOf(error) };
  }
}

function recordOf(outcome: unknown): Call | undefined {
  return traceOf(outcome) as Call | undefined;
}

/** Aborts after a while of the virtual clock. */
export function abortAfter(ms: number, reason: unknown): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), ms);
  return controller.signal;
}

/** Gives a value after a while of the virtual clock. */
function after<Value>(ms: number, value: Value): Promise<Value> {
  return new Promise((resolve) => void setTimeout(resolve, ms, value));
}

const ok: Reply = { json: { id: 1 }, afterMs: 20 };
const busy: Reply = { status: 503, json: { error: 'busy' }, afterMs: 10 };
const url = 'https://api.test/users/1?sig=secret';

/** Each interaction of the layers once. */
export const scripts: Readonly<Record<string, Script>> = {
  'a plain success': { replies: [ok], play: (api) => told(api.get(url).json()) },
  '503, then success': { replies: [busy, ok], play: (api) => told(api.get(url)) },
  'retries used up': { replies: [busy], play: (api) => told(api.get(url)) },
  'a pause of the server': {
    replies: [{ status: 429, headers: { 'retry-after': '2' } }, ok],
    play: (api) => told(api.get(url)),
  },
  'a pause stops the other calls too, and one that is sent again goes first': {
    replies: [{ status: 429, headers: { 'retry-after': '1' }, afterMs: 10 }, ok],
    play: (api) => Promise.all([1, 2, 3].map(() => told(api.get(url)))),
  },
  'a pause that does not fit the total': {
    replies: [{ status: 429, headers: { 'retry-after': '20' } }, ok],
    play: (api) => told(api.get(url)),
  },
  'a pause while others hold the limit': {
    replies: [
      { json: { id: 1 }, afterMs: 300 },
      { status: 429, headers: { 'retry-after': '1' }, afterMs: 10 },
      busy,
      { status: 429, headers: { 'retry-after': '1' }, afterMs: 10 },
      ok,
    ],
    play: (api) => Promise.all([1, 2, 3, 4].map(() => told(api.get(url)))),
  },
  'a pause that no limiter keeps': {
    replies: [{ status: 429, headers: { 'retry-after': '1' }, afterMs: 10 }, ok],
    play: (api) => Promise.all([1, 2].map(() => told(api.get(url, rateLimit({ followServer: false }))))),
  },
  'a queue that is full refuses': {
    replies: [busy, ok],
    play: (api) => Promise.all([1, 2, 3].map(() => told(api.get(url, rateLimit({ queue: { limit: 1 } }))))),
  },
  'retries, a queue and the total, which some meet': {
    replies: [
      { ...busy, afterMs: 200 },
      { ...busy, afterMs: 200 },
      { ...ok, afterMs: 200 },
    ],
    play: (api) =>
      Promise.all([1, 2, 3, 4].map(() => told(api.get(url, timeout({ total: 900, attempt: 500 }))))),
  },
  'a connection that breaks': {
    replies: [{ error: networkError('ECONNRESET'), afterMs: 5 }, ok],
    play: (api) => told(api.get(url)),
  },
  'a server that hangs once': { replies: [{ hang: true }, ok], play: (api) => told(api.get(url)) },
  'a server that hangs for ever': { replies: [{ hang: true }], play: (api) => told(api.get(url)) },
  'a body that stalls': { replies: [{ ...ok, stall: true }], play: (api) => told(api.get(url).json()) },
  'POST with a key is sent again': {
    replies: [busy, { error: networkError('ECONNRESET') }, ok],
    play: (api) => told(api.post(url, { json: { a: 1 } })),
  },
  'POST that is refused for its token, then busy, keeps its key': {
    replies: [{ status: 401 }, busy, { error: networkError('ECONNRESET') }, ok],
    play: (api) => told(api.post(url, { json: { a: 1 } })),
  },
  'POSTs whose tokens are refused at once, through one permit': {
    replies: [{ status: 401, afterMs: 10 }, { status: 401, afterMs: 10 }, busy, ok],
    play: (api) => Promise.all([1, 2, 3].map((a) => told(api.post(url, { json: { a } })))),
  },
  'a stream is sent once': {
    replies: [busy, ok],
    play: (api) =>
      told(
        api.post(url, {
          body: new ReadableStream({
            start(controller) {
              controller.enqueue(new TextEncoder().encode('text'));
              controller.close();
            },
          }),
          // @ts-expect-error Node wants it, and ky's types do not know it
          duplex: 'half',
        }),
      ),
  },
  'POST without one is not': {
    replies: [busy, ok],
    play: (api) =>
      Promise.all([
        told(api.post(url, { json: { a: 1 }, ...idempotency(false) })),
        told(api.post(url, { json: { a: 1 }, ...idempotency({ honored: false }) })),
      ]),
  },
  'POST while the first one still runs': {
    replies: [
      { status: 409, json: { title: 'A request is outstanding for this Idempotency-Key' } },
      { status: 409, headers: { 'retry-after': '2' } },
      { status: 200, headers: { 'idempotent-replayed': 'true' } },
    ],
    play: (api) => told(api.post(url, { json: { a: 1 } })),
  },
  'POST with a key that was used for something else': {
    replies: [{ status: 422, json: { title: 'Idempotency-Key is already used' } }],
    play: (api) => told(api.post(url, { json: { a: 1 } })),
  },
  'the same operation twice at once': {
    replies: [ok],
    play: async (api) => {
      let made!: () => void;
      const isMade = new Promise<void>((resolve) => (made = resolve));
      const createKey = (): string => {
        made();
        return 'a-key';
      };
      const once = api.extend(idempotency({ operation: 'once', store: memory(), createKey }));
      const send = (): Promise<unknown> => told(once(new Request(url, { method: 'POST', body: 'text' })));
      const first = send();
      // Where the payload of a Request can be digested, that takes real time: chance would say who comes first.
      await isMade;
      return Promise.all([first, send()]);
    },
  },
  'statuses are not thrown': {
    replies: [busy, { status: 404, body: 'none' }],
    play: (api) => told(api.get(url, { throwHttpErrors: false })),
  },
  'a token that is refused': {
    replies: [{ status: 401 }, busy, ok],
    play: (api) => Promise.all([told(api.get(url)), told(api.get(url, { throwHttpErrors: false }))]),
  },
  'a token that is refused again': {
    replies: [{ status: 401 }],
    play: (api) => told(api.get(url, { retry: 0 })),
  },
  'credentials that do not suffice': { replies: [{ status: 403 }], play: (api) => told(api.get(url)) },
  'two calls at once': {
    replies: [busy, ok],
    play: (api) => Promise.all([told(api.get(url)), told(api.put(url, { body: 'text' }))]),
  },
  'an answer that breaks its contract': {
    replies: [busy, { json: { id: '1' }, afterMs: 20 }],
    play: (api) => told(api.get(url).json()),
  },
  'JSON that is cut off, and then breaks its contract': {
    replies: [
      { body: '{"id":', headers: { 'content-type': 'application/json' }, afterMs: 20 },
      { json: { id: '1' }, afterMs: 20 },
    ],
    play: (api) => told(api.get(url, retry({ malformedBody: true })).json()),
  },
  'JSON that is cut off, for one who does not ask again': {
    replies: [{ body: '{"id":', headers: { 'content-type': 'application/json' } }],
    play: (api) => told(api.get(url).json()),
  },
  'data of an error answer, by its contract': {
    replies: [
      { status: 503, json: { why: 'busy' } },
      { status: 404, json: { why: 'none' } },
    ],
    play: (api) =>
      told(
        api.get(
          url,
          schema({
            'GET /users/:id': { 200: v.object({ id: v.number() }), 404: v.object({ why: v.number() }) },
          }),
        ),
      ),
  },
  'a schema of the call behind that of the route': {
    replies: [{ json: { id: 1, name: 'Ada' } }],
    play: (api) => told(api.get(url).json(v.strictObject({ id: v.number() }))),
  },
  'a request that breaks its contract': {
    replies: [ok],
    play: (api) =>
      told(
        api.put(url, {
          json: { id: '1' },
          ...schema({ 'PUT /users/:id': { body: v.object({ id: v.number() }) } }),
        }),
      ),
  },
  'aborted before it began': {
    replies: [ok],
    play: (api) => told(api.get(url, { signal: AbortSignal.abort(new Error('mine')) })),
  },
  'aborted while a token is fetched': {
    replies: [{ status: 401, afterMs: 10 }, { status: 401, afterMs: 10 }, ok],
    play: (api) => {
      const slow = auth({ token: () => 'old', refresh: () => after(500, 'new') });
      return Promise.all([
        told(api.get(url, { signal: abortAfter(100, new Error('mine')), ...slow })),
        told(api.get(url, slow)),
      ]);
    },
  },
  'aborted in a pause of the server': {
    replies: [{ status: 429, headers: { 'retry-after': '5' }, afterMs: 10 }, ok],
    play: (api) =>
      Promise.all([told(api.get(url, { signal: abortAfter(1_000, new Error('mine')) })), told(api.get(url))]),
  },
  'aborted in the body': {
    replies: [{ ...ok, stall: true }, ok],
    play: (api) =>
      Promise.all([
        told(api.get(url, { signal: abortAfter(100, new Error('mine')) }).json()),
        told(api.get(url).json()),
      ]),
  },
  'aborted in flight': {
    replies: [ok],
    play: (api) => told(api.get(url, { signal: abortAfter(10, 'mine') })),
  },
  'aborted while waiting to be sent again': {
    replies: [busy],
    play: (api) => told(api.get(url, { signal: abortAfter(100, new Error('mine')) })),
  },
  'aborted in the queue': {
    replies: [{ ...ok, afterMs: 500 }],
    play: (api) => Promise.all([told(api.get(url)), told(api.get(url, { signal: abortAfter(100, 'mine') }))]),
  },
  'the total ends while a retry waits in the queue': {
    replies: [{ hang: true }],
    play: (api) =>
      Promise.all([told(api.get(url, timeout({ total: 1_500 }))), told(api.get(url, retry(false)))]),
  },
  'aborted while a retry waits in the queue': {
    replies: [{ hang: true }],
    play: (api) =>
      Promise.all([
        told(api.get(url, { signal: abortAfter(1_400, new Error('mine')) })),
        told(api.get(url, retry({ limit: 0 }))),
      ]),
  },
  'overrides for one call': {
    replies: [busy, busy, busy, busy, ok],
    play: (api) =>
      Promise.all([
        told(api.get(url, { ...retry({ limit: 4 }), ...timeout({ attempt: 5_000 }) })),
        told(api.get(url, retry(false))),
      ]),
  },
  'the same layers again, which refine': {
    replies: [{ ...busy, afterMs: 30 }, { ...ok, afterMs: 300 }, ok],
    play: (api) => {
      const refined = api
        .extend(timeout({ attempt: 200 }))
        .extend(retry({ limit: 1 }))
        .extend(idempotency({ header: 'Request-Key' }))
        .extend(retry({ statusCodes: [503] }))
        .extend(schema({ 'GET /users/:id': v.object({ id: v.string() }) }))
        .extend(rateLimit({ queue: { timeout: 250 } }));
      return Promise.all([told(refined.get(url).json()), told(refined.post(url)), told(refined.get(url))]);
    },
  },
  'layers that are taken away again': {
    replies: [busy, { error: networkError('ECONNRESET') }, { ...ok, stall: true }, ok],
    play: (api) => {
      const less = api.extend(retry(false)).extend(idempotency(false)).extend(timeout(false));
      return Promise.all([
        told(less.get(url)),
        told(less.post(url)),
        told(less.get(url, { signal: abortAfter(2_000, 'mine') }).text()),
      ]);
    },
  },
  'a limit, a contract and a token for one call': {
    replies: [{ status: 401 }, busy, { json: { name: 'Ada' }, afterMs: 20 }, ok],
    play: (api) =>
      Promise.all([
        told(
          api
            .get(url, {
              ...rateLimit({ priority: 0 }),
              ...schema({ 'GET /users/:id': v.object({ name: v.string() }) }),
              ...auth({ token: 'other', scheme: 'Token' }),
            })
            .json(),
        ),
        told(api.get(url, auth(false))),
      ]),
  },
  "ky's own retry options": {
    replies: [{ status: 418 }, busy, ok],
    play: (api) =>
      Promise.all([
        told(api.get(url, { retry: { limit: 5, statusCodes: [418, 503], delay: () => 700 } })),
        told(api.get(url, { retry: 0 })),
      ]),
  },
  'ky.retry() from a hook': {
    replies: [ok],
    options: {
      hooks: {
        afterResponse: [
          ({ retryCount }) => (retryCount === 0 ? ky.retry({ delay: 40, code: 'AGAIN' }) : undefined),
        ],
      },
    },
    play: (api) => told(api.get(url)),
  },
  'ky.stop from a hook': {
    replies: [busy],
    options: { hooks: { beforeRetry: [() => ky.stop] } },
    play: (api) => told(api.get(url)),
  },
  'hooks that replace the request': {
    replies: [busy, ok],
    options: {
      hooks: {
        beforeRequest: [({ request }) => new Request(request, { headers: { 'x-user': 'first' } })],
        beforeRetry: [({ request }) => new Request(request, { headers: { 'x-user': 'again' } })],
      },
    },
    play: (api) => told(api.get(url)),
  },
  'hooks that read, clone and answer otherwise': {
    replies: [busy, ok, ok],
    options: {
      hooks: {
        beforeRequest: [({ request }) => request.headers.set('x-user', request.method)],
        afterResponse: [
          async ({ response }) => void (await response.clone().text()),
          ({ response, retryCount }) =>
            response.ok && retryCount > 0 ? new Response('{"id":2}', response) : undefined,
        ],
      },
    },
    play: (api) => Promise.all([told(api.get(url)), told(api.post(url, { json: { a: 1 } }).json())]),
  },
  'init hooks that set options': {
    replies: [busy, { ...ok, afterMs: 300 }, ok],
    options: {
      hooks: {
        init: [
          (options) => {
            options.retry = { limit: 1 };
            options.searchParams = { sig: 'other' };
          },
        ],
      },
    },
    play: (api) => told(api.get(url, timeout({ attempt: 200 }))),
  },
  'a hook that answers': {
    replies: [ok],
    options: { hooks: { beforeRequest: [() => new Response('cached')] } },
    play: (api) => told(api.get(url)),
  },
  'hooks that throw': {
    replies: [busy],
    options: {
      hooks: {
        beforeRetry: [
          () => {
            throw new Error('a hook of the user');
          },
        ],
      },
    },
    play: (api) => told(api.get(url)),
  },
  'a hook that rewrites the error': {
    replies: [{ status: 404, body: 'none' }],
    options: {
      hooks: { beforeError: [({ error }) => new Error(`rewritten: ${error.name}`, { cause: error })] },
    },
    play: (api) => told(api.get(url)),
  },
  'a body that is cancelled': {
    replies: [{ ...ok, stall: true }, ok],
    play: async (api) => {
      const response = await api.get(url);
      await response.body?.cancel('enough');
      return [await told(api.get(url)), traceOf(response)?.outcome];
    },
  },
  'failures as values': {
    replies: [busy, ok, { status: 404, json: { why: 'none' } }, { error: networkError('ECONNRESET') }],
    play: async (api) => {
      const values: unknown[] = [];
      for (let call = 0; call < 3; call++) {
        const { headers: _, trace, ...value } = await result(api.get(url));
        values.push({ ...value, ...('error' in value && { error: String(value.error) }), record: trace });
      }
      return values;
    },
  },
  'pages, one of them busy': {
    replies: [
      { json: [1, 2], headers: { link: '<https://api.test/users?page=2>; rel="next"' } },
      busy,
      { json: [3] },
    ],
    play: async (api) => {
      const items: unknown[] = [];
      for await (const item of paginate(api, 'https://api.test/users')) items.push(item);
      return items;
    },
  },
  'as a fetch': {
    replies: [busy, ok, { error: networkError('ECONNRESET') }],
    play: async (api) => {
      const fetch = toFetch(api);
      return [await told(fetch(url)), await told(fetch(url, { method: 'POST', body: 'text' }))];
    },
  },
};
