import {
  callback,
  type Check,
  duration,
  either,
  integer,
  listOf,
  oneOf,
  refine,
  type Rule,
  rules,
  shape,
  text,
} from '@kyhooks/core';
import { budgetDefaults, type BudgetOptions } from '@kyhooks/core/budget';
import type { RetryOptions as KyRetryOptions } from 'ky';
import type { Backoff } from './backoff/backoff.ts';
import { exponential } from './backoff/exponential.ts';
import { type Jitter, spreads } from './jitter/jitter.ts';
import type { OnRetryState, RetryState } from './state.ts';

/** Options of `retry()`. What is not given is taken from ky's own `retry` option, then from {@link retryDefaults}. */
export interface RetryOptions {
  /**
   * Most retries of one call: `limit: 3` means 3 retries, so at most 4 requests. A whole number from 0 up. An explicit
   * `retry: 0` of ky's stays 0.
   *
   * Source: .NET's standard resilience handler.
   *
   * @default 3
   */
  readonly limit?: number;
  /**
   * Methods that may be sent again after any retryable failure; letter case is ignored. Others are only when the record
   * says `replaySafe`, or when the server surely has not acted on the request.
   *
   * Source: the idempotent methods of RFC 9110, section 9.2.2, and QUERY (RFC 10008).
   *
   * @default ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY']
   */
  readonly methods?: readonly string[];
  /**
   * Statuses that are retryable. Of these, 403 and 413 only when the server names a pause or says that nothing is left
   * of a quota, and 421 once. A server's `X-Should-Retry` or `Stripe-Should-Retry` stands above the list.
   *
   * Source: ky's list, with 425 (RFC 8470), 421 (RFC 9110, section 15.5.20) and 403 (GitHub's rate limits).
   *
   * @default [403, 408, 413, 421, 425, 429, 500, 502, 503, 504]
   */
  readonly statusCodes?: readonly number[];
  /**
   * How the wait grows: `exponential()`, `constant()` or a function of what happened. One that throws, or gives no
   * number from 0 up, is replaced by the default for that retry.
   *
   * @default exponential({ base: 300, cap: 20_000 })
   */
  readonly backoff?: Backoff;
  /**
   * How the wait is spread. A pause that the server asks for is spread to the later side only, by up to the backoff or
   * a tenth of the pause, whichever is more; under `none` and a function of your own it is kept as it is.
   *
   * @default 'full'
   */
  readonly jitter?: Jitter;
  /**
   * Longest pause that a server may ask for, in milliseconds. Above it the call ends at once with the original response: coming back earlier than asked would help nobody.
   *
   * @default 60_000
   */
  readonly maxRetryAfter?: number;
  /**
   * Whether to read answers that should be JSON (the request accepts nothing else, as with `.json()`) at once, and take
   * one that is cut off or does not parse for a failure. Only answers to what may be sent again are read.
   *
   * @default false
   */
  readonly malformedBody?: boolean;
  /**
   * How many retries an origin bears, or `false` for any number. The budget is one for all calls of the process to that
   * origin; where it is used up, a call ends at once with the original outcome.
   *
   * Source: Finagle's RetryBudget and tower's TpsBudget.
   *
   * @default { ratio: 0.2, perSecond: 10 }
   */
  readonly budget?: BudgetOptions | false;
  /**
   * Overrules what is retryable: `true` retries, `false` does not, `undefined` leaves it to the rules. It cannot exceed
   * `limit`, `maxRetryAfter`, the budget and the time that remains, nor is it asked where a second request may do harm.
   * If it throws, the rules hold, and the record says so.
   */
  readonly shouldRetry?: (state: RetryState) => boolean | undefined | Promise<boolean | undefined>;
  /** Told of each retry before its wait, and waited for. If it throws, the record says so, and nothing else happens. */
  readonly onRetry?: (state: OnRetryState) => void | Promise<void>;
}

type Callbacks = 'shouldRetry' | 'onRetry';

/** Every option, after defaulting. */
export interface ResolvedRetryOptions
  extends Required<Omit<RetryOptions, Callbacks>>, Pick<RetryOptions, Callbacks> {
  /** Whether an attempt that timed out is retryable. */
  readonly onTimeout: boolean;
  /** Whether a pause that comes with this status is heeded. */
  readonly heeds: (status: number) => boolean;
}

/** The defaults of {@link RetryOptions}. */
export const retryDefaults: Required<Omit<RetryOptions, Callbacks>> = {
  limit: 3,
  methods: ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'],
  statusCodes: [403, 408, 413, 421, 425, 429, 500, 502, 503, 504],
  backoff: /* @__PURE__ */ exponential(),
  jitter: 'full',
  maxRetryAfter: 60_000,
  malformedBody: false,
  budget: budgetDefaults,
};

const amount: Rule = {
  text: 'a number from 0 up',
  test: (value) => Number.isFinite(value) && (value as number) >= 0,
};

export const check: Check<RetryOptions> = /* @__PURE__ */ rules<RetryOptions>({
  limit: integer(0),
  methods: listOf(text),
  statusCodes: listOf(integer(100, 599)),
  backoff: callback,
  jitter: either(oneOf(...Object.keys(spreads)), callback),
  maxRetryAfter: duration(),
  malformedBody: oneOf(true, false),
  budget: either(oneOf(false), shape<BudgetOptions>({ ratio: amount, perSecond: amount })),
  shouldRetry: callback,
  onRetry: callback,
});

/** The options in force for one call: ours, else ky's, else the defaults. */
export function resolve(own: RetryOptions, ky: KyRetryOptions): ResolvedRetryOptions {
  const {
    methods,
    statusCodes,
    jitter,
    maxRetryAfter,
    shouldRetry,
    afterStatusCodes,
    retryOnTimeout = true,
  } = ky;
  const base = { methods, statusCodes, maxRetryAfter, shouldRetry };
  const given = { ...base, backoff: kyBackoff(ky), jitter: kyJitter(jitter) } as RetryOptions;
  return {
    ...retryDefaults,
    ...refine(refine({}, given), own),
    limit: limitOf(own, ky.limit),
    onTimeout: retryOnTimeout,
    heeds: (status) => afterStatusCodes?.includes(status) ?? true,
  };
}

/** The limit in force: a `retry: 0` of ky's stays 0. */
export function limitOf({ limit }: RetryOptions, kyLimit: number | undefined): number {
  return kyLimit === 0 ? 0 : (limit ?? kyLimit ?? retryDefaults.limit);
}

function kyJitter(jitter: KyRetryOptions['jitter']): Jitter | undefined {
  if (typeof jitter === 'boolean') return jitter ? 'full' : 'none';
  return jitter;
}

function kyBackoff({ delay, backoffLimit = Infinity }: KyRetryOptions): Backoff | undefined {
  if (!delay && backoffLimit === Infinity) return undefined;
  return (state) => Math.min(backoffLimit, delay ? delay(state.retryCount) : retryDefaults.backoff(state));
}
