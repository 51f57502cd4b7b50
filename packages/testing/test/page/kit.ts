import { auth, inQuery } from '@kyhooks/auth';
import { traceOf } from '@kyhooks/core';
import { readServerTiming } from '@kyhooks/core/server-timing';
import { idempotency } from '@kyhooks/idempotency';
import { log } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { paginate, result } from '@kyhooks/result';
import { retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import { propagation } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import ky from 'ky';

// What the tests use on a real page and in a service worker: `kit`.

propagation.setGlobalPropagator(new W3CTraceContextPropagator());

interface Kit {
  readonly ky: typeof ky;
  readonly auth: typeof auth;
  readonly inQuery: typeof inQuery;
  readonly idempotency: typeof idempotency;
  readonly log: typeof log;
  readonly otel: typeof otel;
  readonly rateLimit: typeof rateLimit;
  readonly paginate: typeof paginate;
  readonly result: typeof result;
  readonly retry: typeof retry;
  readonly schema: typeof schema;
  readonly timeout: typeof timeout;
  readonly traceOf: typeof traceOf;
  readonly readServerTiming: typeof readServerTiming;
  readonly tracerProvider: TracerProvider;
}

declare global {
  // A variable of the page.
  var kit: Kit;
}

globalThis.kit = {
  ky,
  auth,
  inQuery,
  idempotency,
  log,
  otel,
  rateLimit,
  paginate,
  result,
  retry,
  schema,
  timeout,
  traceOf,
  readServerTiming,
  tracerProvider: new TracerProvider(),
};
