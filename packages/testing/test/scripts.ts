import { type Call, traceOf } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { memory } from '@kyhooks/idempotency/memory';
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
    play: (api) => {
      const once = api.extend(idempotency({ operation: 'once', store: memory() }));
      // The digest of a payload takes real time; that of a Request is not made.
      return Promise.all([1, 2].map(() => told(once(new Request(url, { method: 'POST', body: 'text' })))));
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
};
