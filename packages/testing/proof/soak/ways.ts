import { auth } from '@kyhooks/auth';
import { toFetch } from '@kyhooks/fetch';
import { idempotency } from '@kyhooks/idempotency';
import { log } from '@kyhooks/log';
import { rateLimit } from '@kyhooks/rate-limit';
import { result } from '@kyhooks/result';
import { constant, retry } from '@kyhooks/retry';
import { deadlineIn, timeout } from '@kyhooks/timeout';
import ky, { type Options } from 'ky';
import type { Client } from './client.ts';

/** A way for a call to end. */
export interface Way {
  /** Of so many ways. */
  readonly share: number;
  /** What may come of it: `ok`, or the code, the status or the name of an error. */
  readonly ends: RegExp;
  readonly run: (client: Client, number: number) => Promise<unknown>;
}

const mine = (): Error => Object.assign(new Error('the caller has had enough'), { code: 'MINE' });
const noRetry: Options = { retry: 0 };

/** A signal that fires a moment after the function was called. */
function abortion(): { readonly signal: AbortSignal; readonly soon: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, soon: () => void setTimeout(() => controller.abort(mine()), 2) };
}

/** Every ordinary way out of a call, of one that a layer adds too; the same calls for plain ky, without the fragments. */
export const ways: Readonly<Record<string, Way>> = {
  success: {
    share: 40,
    ends: /^ok$/,
    run: ({ api, signal }) => api.get('users/1', { signal }).json(),
  },
  'fragments of the call': {
    share: 10,
    ends: /^ok$/,
    run: ({ api, signal, layers }, number) =>
      api
        .get('users/1', {
          signal,
          ...layers(() => ({
            ...retry({ limit: 1 }),
            ...timeout({ attempt: 50_000, deadline: deadlineIn(100_000) }),
            ...log({ fields: { number } }),
          })),
        })
        .json(),
  },
  'no body': { share: 4, ends: /^ok$/, run: ({ api, signal }) => api.get('empty', { signal }) },
  'through fetch': {
    share: 4,
    ends: /^ok$/,
    run: async ({ api, baseUrl, signal }) => (await toFetch(api)(`${baseUrl}users/1`, { signal })).text(),
  },
  'as a result': { share: 4, ends: /^ok$/, run: ({ api, signal }) => result(api.get('missing', { signal })) },
  'a write with a key': {
    share: 4,
    ends: /^ok$/,
    run: ({ api, signal, layers }, number) =>
      api
        .post('users/1', {
          json: { id: number },
          signal,
          ...layers(() => idempotency({ createKey: () => `key-${number}` })),
        })
        .json(),
  },
  'a write that does not keep its contract': {
    share: 1,
    ends: /^(ok|SCHEMA)$/,
    run: ({ api, signal }) => api.post('users/1', { json: { id: 'one' }, signal }).json(),
  },
  'a stream is sent': {
    share: 2,
    ends: /^ok$/,
    run: ({ api, signal }) => api.put('users/1', { body: new Response('a stream').body!, signal }).text(),
  },
  'an answer that does not keep its contract': {
    share: 2,
    ends: /^(ok|SCHEMA)$/,
    run: ({ api, signal }) => api.get('users/wrong', { signal }).json(),
  },
  'JSON that is cut off': {
    share: 2,
    ends: /^SyntaxError$/,
    run: ({ api, signal }) => api.get('malformed', { signal }).json(),
  },
  'an HTTP error': {
    share: 4,
    ends: /^404$/,
    run: ({ api, signal }) => api.get('missing', { signal }).json(),
  },
  'an HTTP error that is not thrown': {
    share: 3,
    ends: /^ok$/,
    run: async ({ api, signal }) => (await api.get('missing', { signal, throwHttpErrors: false })).text(),
  },
  'a retry that helps': {
    share: 4,
    ends: /^(ok|503)$/,
    run: ({ api, signal }) => api.get('flaky', { signal }).text(),
  },
  'a pause of the server': {
    share: 2,
    ends: /^(ok|429)$/,
    run: ({ api, signal }) => api.get('paused', { signal }).text(),
  },
  'retries used up': {
    share: 2,
    ends: /^503$/,
    run: ({ api, signal }) => api.get('down', { signal }).text(),
  },
  'a token that is refused': {
    share: 2,
    ends: /^(ok|401)$/,
    run: ({ api, signal, layers }) =>
      api
        .get('private', {
          signal,
          ...layers(() => auth({ token: () => 'old', refresh: async () => 'new' })),
        })
        .text(),
  },
  'a network error': {
    share: 2,
    ends: /^ECONNRESET$|^UND_ERR_SOCKET$/,
    run: ({ api, signal }) => api.get('break', { signal, ...noRetry }).text(),
  },
  'a body that breaks': {
    share: 2,
    ends: /^UND_ERR_SOCKET$/,
    run: ({ api, signal }) => api.get('cut', { signal, ...noRetry }).text(),
  },
  'a timeout': {
    share: 2,
    ends: /^(ATTEMPT_TIMEOUT|TimeoutError)$/,
    run: ({ api, signal, layers }) =>
      api.get('hang', { signal, ...noRetry, timeout: 5, ...layers(() => timeout({ attempt: 5 })) }).text(),
  },
  'a timeout of the body': {
    share: 2,
    ends: /^(ATTEMPT_TIMEOUT|BODY_TIMEOUT|TimeoutError)$/,
    run: ({ api, signal, layers }) =>
      api
        .get('stall', {
          signal,
          ...noRetry,
          timeout: 20,
          ...layers(() => timeout({ attempt: 20, body: { idle: 5 } })),
        })
        .text(),
  },
  'no time for a retry': {
    share: 1,
    ends: /^(503|TOTAL_TIMEOUT|TimeoutError)$/,
    run: ({ api, signal, layers }) =>
      api
        .get('down', {
          signal,
          totalTimeout: 5,
          retry: { limit: 2, delay: () => 1_000 },
          ...layers(() => ({ ...timeout({ attempt: 5, total: 5 }), ...retry({ backoff: constant(1_000) }) })),
        })
        .text(),
  },
  'aborted before': {
    share: 1,
    ends: /^MINE$/,
    run: ({ api }) => api.get('users/1', { signal: AbortSignal.abort(mine()) }).text(),
  },
  'aborted in the queue': {
    share: 1,
    ends: /^(ok|MINE)$/,
    run: async ({ api, narrow }) => {
      const [holds, waits] = [abortion(), abortion()];
      const held = api.get('hang', { ...noRetry, ...narrow, signal: holds.signal }).text();
      waits.soon();
      const waited = await outcomeOf(api.get('users/1', { ...narrow, signal: waits.signal }).text());
      holds.soon();
      await outcomeOf(held);
      if (waited instanceof Error) throw waited;
    },
  },
  'refused by a full queue': {
    share: 1,
    ends: /^(ok|RATE_LIMIT_QUEUE_FULL)$/,
    run: async ({ api, full, signal }) => {
      const both = ['users/1', 'users/1'].map((path) => outcomeOf(api.get(path, { ...full, signal }).text()));
      for (const outcome of await Promise.all(both)) if (outcome instanceof Error) throw outcome;
    },
  },
  'aborted in flight': {
    share: 2,
    ends: /^MINE$/,
    run: ({ api }) => {
      const { signal, soon } = abortion();
      soon();
      return api.get('hang', { signal }).text();
    },
  },
  'aborted before a retry': {
    share: 1,
    ends: /^MINE$/,
    run: ({ api, layers }) => {
      const { signal, soon } = abortion();
      const shouldRetry = (): true => {
        soon();
        return true;
      };
      return api
        .get('down', {
          signal,
          retry: { limit: 1, delay: () => 1_000, shouldRetry },
          ...layers(() => retry({ backoff: constant(1_000) })),
        })
        .text();
    },
  },
  'aborted in the body': {
    share: 1,
    ends: /^MINE$/,
    run: async ({ api }) => {
      const { signal, soon } = abortion();
      const response = await api.get('stall', { signal });
      soon();
      return response.text();
    },
  },
  'a permit held to the end of the body': {
    share: 2,
    ends: /^ok$/,
    run: ({ api, signal, layers }) =>
      api.get('large', { signal, ...layers(() => rateLimit({ hold: 'body' })) }).text(),
  },
  'a body that is never read': {
    share: 2,
    ends: /^ok$/,
    run: ({ api, signal }) => api.get('large', { signal }),
  },
  'a body that is cancelled': {
    share: 2,
    ends: /^ok$/,
    run: async ({ api, signal }) => (await api.get('large', { signal })).body?.cancel(),
  },
  'a body that is cloned': {
    share: 2,
    ends: /^ok$/,
    run: async ({ api, signal }) => {
      const response = await api.get('users/1', { signal });
      return Promise.all([response.clone().json(), response.json()]);
    },
  },
  'a hook that stops': {
    share: 1,
    ends: /^ok$/,
    run: ({ api, signal }) => api.get('down', { signal, hooks: { beforeRetry: [() => ky.stop] } }),
  },
  'a hook that asks for a retry': {
    share: 1,
    ends: /^ok$/,
    run: ({ api, signal }) =>
      api
        .get('users/1', {
          signal,
          hooks: {
            afterResponse: [({ retryCount }) => (retryCount === 0 ? ky.retry({ delay: 1 }) : undefined)],
          },
        })
        .json(),
  },
  'a hook that throws': {
    share: 1,
    ends: /^MINE$/,
    run: ({ api, signal }) => {
      const hook = (): never => {
        throw mine();
      };
      return api.get('users/1', { signal, hooks: { beforeRequest: [hook] } }).json();
    },
  },
};

function outcomeOf(call: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(call).catch((error: unknown) => error);
}
