import { auth, type AuthOptions } from '@kyhooks/auth';
import { idempotency } from '@kyhooks/idempotency';
import { log, type LogOptions } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { fanOut, result } from '@kyhooks/result';
import { retry } from '@kyhooks/retry';
import { typed } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import ky, { type Options } from 'ky';
import { Agent } from 'undici';
import * as v from 'valibot';

// Models: what the API answers, checked where it arrives, and what it says when it refuses.
const User = v.object({ id: v.number(), name: v.string(), email: v.string() });
const Draft = v.object({ reference: v.string(), amount: v.number() });
const Invoice = v.object({ id: v.number(), ...Draft.entries });
const ApiError = v.object({ code: v.string(), message: v.string(), request_id: v.string() });

const routes = {
  'GET /users/:id': { 200: User, default: ApiError },
  'POST /invoices': { body: Draft, 200: Invoice, default: ApiError }, // what does not fit is not sent
};

interface Settings {
  readonly baseUrl: string;
  readonly credentials: AuthOptions;
  readonly logger: NonNullable<LogOptions['logger']>;
  readonly options?: Options;
}

/** HTTP/2 where the server speaks it. For Node; browsers do it by themselves. */
export const http2 = (): Options => ({ dispatcher: new Agent({ allowH2: true }) }) as Options;

export function resilientClient({ baseUrl, credentials, logger, options = {} }: Settings) {
  const client = ky
    .create({ baseUrl, ...options })
    .extend(retry({ limit: 5, malformedBody: true })) // full jitter, Retry-After, a budget, only what is safe
    .extend(timeout({ attempt: 2_000, total: 15_000 }))
    .extend(rateLimit({ maxConcurrent: 20 })) // a 429 stops all callers, not only the one that met it
    .extend(idempotency()) // a key for each POST: it can be sent again, and happens once
    .extend(auth(credentials)) // one refresh for any number of callers
    .extend(otel()) // a span for each attempt, where the application has an SDK
    .extend(log({ logger, slow: 2_000, sample: 0.1, requestId: true })); // failures are logged always
  const api = typed(client, routes); // schema(), and the types of each route

  const user = (id: number, more?: Options) =>
    result(api.get('/users/:id', { ...more, params: { id } }), { error: ApiError });

  const createInvoice = (json: v.InferInput<typeof Draft>, more?: Options) =>
    result(api.post('/invoices', { ...more, json }), { error: ApiError });

  /** As many as there are, 20 at a time, in a minute at most; what is finished by then is kept. */
  const users = (ids: Iterable<number>, signal?: AbortSignal) =>
    fanOut(ids, (id, call) => user(id, { signal: call.signal }), {
      concurrency: 20,
      deadline: 60_000,
      stopOn: ({ result: got }) => !got.ok && got.kind === 'auth', // the others would fail likewise
      ...(signal && { signal }),
    });

  return { user, users, createInvoice };
}
