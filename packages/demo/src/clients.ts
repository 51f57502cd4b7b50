import { idempotency } from '@kyhooks/idempotency';
import { otel } from '@kyhooks/otel';
import { rateLimit, type RateLimits } from '@kyhooks/rate-limit';
import { exponential, retry } from '@kyhooks/retry';
import { type Drift, schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import { contracts } from './contracts.ts';
import type { TracerProvider } from '@opentelemetry/api';
import ky, { type KyInstance } from 'ky';

/** A client that the job is run with. */
export interface Client {
  readonly name: string;
  /** How it is set, in words. */
  readonly settings: string;
  readonly api: KyInstance;
  /** What its limiter does, where it has one. */
  readonly limits?: RateLimits;
}

/** ky's own default of `timeout`. */
const kyTimeout = 10_000;

/** Bounds in milliseconds that fit the API. */
export interface Bounds {
  readonly attempt: number;
  readonly total: number;
  /** Wait before the first retry, before jitter. */
  readonly backoff: number;
  /** Whether it is the flaky API, whose contracts are known, and which fails too much for a budget of retries. */
  readonly flaky: boolean;
}

/** For the flaky API, which answers within 25 ms or not at all: a demo should not take minutes. */
export const demoBounds: Bounds = { attempt: 400, total: 12_000, backoff: 100, flaky: true };
/** For an API of one's own: the toolkit's defaults. */
export const defaultBounds: Bounds = { attempt: kyTimeout, total: 30_000, backoff: 300, flaky: false };

const limit = 5;
/** Fewer than the calls that the job makes at a time. */
export const maxConcurrent = 10;

/** ky as its README shows it, with the toolkit's attempt timeout. */
export function plainKy({ attempt }: Bounds): Client {
  const why = attempt === kyTimeout ? '' : ' as below, not 10 s, or each hang would take that long';
  return {
    name: 'plain ky',
    settings: `ky's defaults: 2 retries; timeout ${attempt} ms${why}`,
    api: ky.create({ timeout: attempt }),
  };
}

/** ky that retries as often as the toolkit, writes too, without keys: of a lost answer it sends a second copy. */
export function plainKyRetryingPosts({ attempt, backoff }: Bounds): Client {
  return {
    name: 'plain ky, POST retried',
    settings: `${limit} retries, POST among its methods, no keys; invoices only`,
    api: ky.create({
      timeout: attempt,
      retry: {
        limit,
        methods: ['post'],
        retryOnTimeout: true,
        delay: (retryCount) => backoff * 2 ** (retryCount - 1),
      },
    }),
  };
}

/** ky with the toolkit; `onDrift` is told of each answer that breaks its contract, and the tracer of the spans. */
export function kyWithToolkit(
  { attempt, total, backoff, flaky }: Bounds,
  onDrift: (drift: Drift) => void,
  tracerProvider?: TracerProvider,
): Client {
  // The flaky API throttles users, not clients, so that its pauses are for one call and not for all.
  const limits = rateLimit(flaky ? { maxConcurrent, followServer: false } : {});
  return {
    name: 'ky + kyhooks',
    limits,
    settings: [
      `retry (${limit} retries, backoff from ${backoff} ms${flaky ? ', malformed bodies too; no budget' : ''})`,
      'idempotency (a POST has a key, so it is retried too)',
      `timeout (attempt ${attempt} ms, total ${total} ms)`,
      flaky ? `rateLimit (${maxConcurrent} at a time)` : 'rateLimit (follows the server)',
      ...(flaky ? ['schema (an answer that breaks its contract is an error)'] : []),
    ].join(', '),
    api: ky
      .extend(
        retry({
          limit,
          backoff: exponential({ base: backoff }),
          // Half of all requests fail here, by design: a budget would take that for an outage.
          ...(flaky && { malformedBody: true, budget: false }),
        }),
      )
      .extend(idempotency())
      .extend(timeout({ attempt, total }))
      .extend(limits)
      .extend(schema(flaky ? contracts : {}, { onDrift }))
      .extend(otel(tracerProvider ? { tracerProvider, callSpan: true } : false)),
  };
}
