import { auth } from '@kyhooks/auth';
import { toFetch } from '@kyhooks/fetch';
import { idempotency } from '@kyhooks/idempotency';
import { log } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { result } from '@kyhooks/result';
import { constant, retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { KyInstance, Options } from 'ky';
import * as v from 'valibot';

/** What the server must not see more of. */
export interface Limits {
  readonly concurrent: number;
  readonly rate: { readonly limit: number; readonly interval: number };
}

/** What layers hold while calls run: all of it must be back at the end. */
export class Held {
  spans = 0;
  permits: () => number = () => 0;
}

/** What is sent. */
export interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly json?: object;
}

/** Sends one call and gives what it accepts as its answer. */
export type Send = (url: string, sent: Sent) => Promise<unknown>;

/** A client under test. */
export interface Client {
  /** The layers it puts on. */
  readonly dress: (held: Held) => readonly Options[];
  /** How calls are made; by default `api(url).json()`. */
  readonly send?: (api: KyInstance) => Send;
  /** It checks answers: no drift is accepted. */
  readonly checks?: boolean;
  /** It keeps these. */
  readonly limits?: Limits;
  /** Its caller reads the bodies, without ky's shortcuts. */
  readonly readsItself?: boolean;
  /** No clock of a layer's or ky's bounds its bodies: its caller aborts it when the time is up. */
  readonly boundedByCaller?: boolean;
}

/** Longest time of an attempt, and of a call; each body gets an attempt's time again. In milliseconds. */
export const bounds = { attempt: 500, total: 3_000 } as const;

const limits: Limits = { concurrent: 12, rate: { limit: 60, interval: 200 } };

const user = v.strictObject({ id: v.number(), name: v.string() });

const made = {
  retry: () => retry({ limit: 4, backoff: constant(20), jitter: 'none', malformedBody: true, budget: false }),
  timeout: () => timeout({ ...bounds, body: { idle: bounds.attempt } }),
  rateLimit(held: Held) {
    const { concurrent, rate } = limits;
    const limit = rateLimit({ maxConcurrent: concurrent, rate, hold: 'body' });
    held.permits = () =>
      [...limit.stats().values()].reduce((sum, { running, waiting }) => sum + running + waiting, 0);
    return limit;
  },
  idempotency: () => idempotency(),
  schema: () => schema({ 'GET /users/:id': user, 'PUT /users/:id': user, 'POST /users/:id': user }),
  otel: (held: Held) =>
    otel({ tracerProvider: new TracerProvider({ spanProcessors: [counting(held)] }), callSpan: true }),
  auth: () => auth({ token: () => 'old', refresh: async () => 'new' }),
  log: () => log({ logger: () => undefined, attempts: true, requestId: true }),
} satisfies Record<string, (held: Held) => Options>;

const together = (held: Held): readonly Options[] => Object.values(made).map((make) => make(held));

const asResult =
  (api: KyInstance): Send =>
  async (url, sent) => {
    const told = await result(api(url, sent));
    if (told.ok) return told.data;
    throw told.error;
  };

const asFetch = (api: KyInstance): Send => {
  const fetch = toFetch(api);
  return async (url, { json, headers, ...rest }) => {
    const body = json && { body: JSON.stringify(json) };
    const response = await fetch(url, {
      ...rest,
      ...body,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    });
    if (response.ok) return response.json();
    await response.body?.cancel();
    throw new Error(`The status is ${response.status}`);
  };
};

/** Each package alone, and all together. */
export const clients: Readonly<Record<string, Client>> = {
  retry: { dress: () => [made.retry()] },
  timeout: { dress: () => [made.timeout()] },
  'rate-limit': { dress: (held) => [made.rateLimit(held)], limits },
  idempotency: { dress: () => [made.idempotency()] },
  schema: { dress: () => [made.schema()], checks: true },
  otel: { dress: (held) => [made.otel(held)] },
  auth: { dress: () => [made.auth()] },
  log: { dress: () => [made.log()] },
  result: { dress: () => [], send: asResult },
  fetch: { dress: () => [], send: asFetch, boundedByCaller: true },
  'all together': { dress: together, checks: true, limits },
  'all together, as a result': { dress: together, send: asResult, checks: true, limits },
  'all together, as a fetch': {
    dress: together,
    send: asFetch,
    checks: true,
    limits,
    readsItself: true,
  },
};

function counting(held: Held): SpanProcessor {
  return {
    onStart: () => void held.spans++,
    onEnd: () => void held.spans--,
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
}
