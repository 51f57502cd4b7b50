import { auth } from '@kyhooks/auth';
import { type CallRecord, gate, layer, onSettled, settled, wire } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { otel } from '@kyhooks/otel';
import { type KeyStats, rateLimit, type RateLimits } from '@kyhooks/rate-limit';
import { log } from '@kyhooks/log';
import { retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import { INVALID_SPAN_CONTEXT, type Span, trace, type Tracer, type TracerProvider } from '@opentelemetry/api';
import type { Options } from 'ky';
import * as v from 'valibot';

/** What the layers of the suites count: all of it must be back at rest when a call is over. */
export class Ledger {
  /** What has given permits. */
  limits: RateLimits | undefined;
  /** Records of the calls that were reported as over. */
  readonly settled: CallRecord[] = [];
  /** Events that were logged. */
  readonly logged: unknown[] = [];
  /** Spans that have begun and not ended. */
  spans = 0;

  /** Permits held. */
  get permits(): number {
    return this.#sum(({ running }) => running);
  }

  /** Calls that wait for a permit. */
  get waiting(): number {
    return this.#sum(({ waiting }) => waiting);
  }

  #sum(of: (stats: KeyStats) => number): number {
    return [...(this.limits?.stats().values() ?? [])].reduce((total, stats) => total + of(stats), 0);
  }
}

/** A key for the call, and a signature for each attempt that shows when and as which it was signed. */
const key = layer({
  name: 'key',
  places: [gate({ stage: 'prepare', run: ({ request }) => request.headers.set('x-key', 'made once') })],
});
const sign = layer({
  name: 'sign',
  places: [
    gate({
      stage: 'sign',
      run: ({ request, attempt, call }) =>
        request.headers.set('x-signed', `attempt ${attempt.number} at ${Math.round(call.elapsedMs)}`),
    }),
  ],
});

/** Marks what passes the wire, outermost stage first. */
const observe = layer({
  name: 'observe',
  places: [wire({ stage: 'observe', run: ({ request }, next) => next(marked(request, 'observe')) })],
});
const fault = layer({
  name: 'fault',
  places: [wire({ stage: 'fault', run: ({ request }, next) => next(marked(request, 'fault')) })],
});

function marked(request: Request, mark: string): Request {
  request.headers.append('x-wire', mark);
  return request;
}

const journal = layer<{ ledger: Ledger }>({
  name: 'journal',
  places: [settled((call, { ledger }) => void ledger.settled.push(call))],
});

/** Spans that are only counted. */
function countingSpans(ledger: Ledger): TracerProvider {
  const begun = (): Span => {
    ledger.spans++;
    const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    span.end = () => void ledger.spans--;
    return span;
  };
  return { getTracer: () => ({ startSpan: begun }) as unknown as Tracer };
}

/**
 * Every layer of the toolkit, in the setting in which the suites run it. A new package joins by adding one entry; the
 * small ones stand for places that no package occupies yet.
 */
export const layers: Readonly<Record<string, (ledger: Ledger) => Options>> = {
  retry: () => retry({ limit: 2, jitter: 'none' }),
  schema: () => schema({ 'GET /users/:id': { 200: v.object({ id: v.number() }), default: v.unknown() } }),
  timeout: () => timeout({ attempt: 1_000, total: 10_000 }),
  idempotency: () => idempotency({ createKey: () => 'a-key' }),
  otel: (ledger) => otel({ tracerProvider: countingSpans(ledger) }),
  rateLimit: (ledger) => {
    const limits = rateLimit({ maxConcurrent: 1 });
    ledger.limits = limits;
    return limits;
  },
  auth: () => auth({ token: () => 'old', refresh: async () => 'new' }),
  log: (ledger) =>
    log({
      logger: (event) => void ledger.logged.push(event),
      attempts: true,
      requestId: true,
      createRequestId: () => 'made once',
    }),
  signing: () => ({ ...key(), ...sign() }),
  wire: () => ({ ...fault(), ...observe() }),
  journal: (ledger) => ({ ...journal({ ledger }), ...onSettled(() => undefined) }),
};

/** A record without what differs from call to call by design. */
export function comparable(call: CallRecord | undefined): unknown {
  if (!call) return undefined;
  const { id: _, ...record } = JSON.parse(JSON.stringify(call)) as Record<string, unknown>;
  return record;
}
