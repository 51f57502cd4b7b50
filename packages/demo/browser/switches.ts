import { auth } from '@kyhooks/auth';
import type { CallRecord } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { log } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { exponential, retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import { propagation } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import ky, { type KyInstance, type Options } from 'ky';
import { contracts } from '../src/contracts.ts';
import type { FaultName } from '../src/server/profiles.ts';
import type { Api } from './api.ts';
import { watch } from './watch.ts';

/** Milliseconds after which an attempt is given up, with and without `timeout()`. */
const attempt = 2_000;

/** Each hook, and what it does, in a few words. */
export const hooks = {
  retry: 'sends again what may pass',
  timeout: 'bounds each attempt, body included, and the call',
  idempotency: 'a key for each POST: retried, and happens once',
  rateLimit: 'two at a time; a 429 stops all',
  schema: 'an answer that breaks its contract is an error',
  auth: 'a token in each request; costs a preflight',
  otel: 'a span for each attempt, traceparent for the API; costs a preflight',
  log: 'one event for each call, in the console',
} as const;

export type HookName = keyof typeof hooks;

propagation.setGlobalPropagator(new W3CTraceContextPropagator());
/** Its spans are made and dropped; an application sends them to its collector. */
const tracerProvider = new TracerProvider();

const limits = rateLimit({ maxConcurrent: 2 });

const makers: Readonly<Record<HookName, () => Options>> = {
  retry: () => retry({ limit: 5, backoff: exponential({ base: 200 }), malformedBody: true, budget: false }),
  timeout: () => timeout({ attempt, total: 20_000 }),
  idempotency: () => idempotency(),
  // One limiter, however often it is switched: what waits in it is not forgotten.
  rateLimit: () => limits,
  schema: () => schema(contracts),
  auth: () => auth({ token: 'a-token' }),
  otel: () => otel({ tracerProvider, propagate: () => true }),
  log: () => log(),
};

/** The client with these hooks, and none of the others. */
export function clientWith(
  on: ReadonlySet<HookName>,
  { baseUrl, fetch }: Api,
  onCall: (record: CallRecord) => void,
): KyInstance {
  const base = ky.create({ baseUrl, timeout: attempt, ...(fetch && { fetch }), ...watch(onCall) });
  return [...on].reduce((client, name) => client.extend(makers[name]()), base);
}

/** Each fault, in words. */
export const faultWords: Readonly<Record<FaultName, string>> = {
  throttle: '429 with Retry-After',
  serverError: '500, 502, 503, 504',
  reset: 'connection reset',
  hang: 'no answer, ever',
  slowBody: 'body in drips',
  truncate: 'body broken off',
  malformed: '200 that is no JSON',
  drift: '200 of another shape',
};
