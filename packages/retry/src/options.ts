import { callback, type Check, duration, either, integer, listOf, oneOf, rules, text } from '@kyhooks/core';
import type { CallRecord } from '@kyhooks/core';
import type { RetryOptions as KyRetryOptions } from 'ky';
import type { Backoff } from './backoff/backoff.ts';
import { exponential } from './backoff/exponential.ts';
import type { Jitter } from './jitter.ts';

/** What `shouldRetry` is told. */
export interface ShouldRetryState {
  readonly call: CallRecord;
  readonly error: Error;
  /** Absent when no answer came. */
  readonly response: Response | undefined;
  /** Number of the retry in question, from 1. */
  readonly retryCount: number;
}

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
   * Methods that may be sent again after any retryable failure; letter case is ignored.
   *
   * Source: the idempotent methods of RFC 9110, section 9.2.2, and QUERY (RFC 10008).
   *
   * @default ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY']
   */
  readonly methods?: readonly string[];
  /**
   * Statuses that are retryable. 413 is too, when the server names a pause.
   *
   * Source: ky's list, with 425 (RFC 8470) and without 413 (RFC 9110, section 15.5.14).
   *
   * @default [408, 425, 429, 500, 502, 503, 504]
   */
  readonly statusCodes?: readonly number[];
  /**
   * How the wait grows: `exponential()`, `constant()` or a function of the number of the retry.
   *
   * @default exponential({ base: 300, cap: 20_000 })
   */
  readonly backoff?: Backoff;
  /**
   * How the wait is spread. A pause that the server asks for is not.
   *
   * @default 'full'
   */
  readonly jitter?: Jitter;
  /**
   * Longest pause of a server's `Retry-After` that is waited for, in milliseconds. Above it the call ends at once with
   * the original response: coming back earlier than asked would help nobody.
   *
   * @default 60_000
   */
  readonly maxRetryAfter?: number;
  /**
   * Overrules the rules above, except `limit` and `methods`: `true` retries, `false` does not, `undefined` leaves it to
   * them. If it throws, they hold, and the record says so.
   */
  readonly shouldRetry?: (state: ShouldRetryState) => boolean | undefined | Promise<boolean | undefined>;
}

/** Every option, after defaulting. */
export interface ResolvedRetryOptions extends Required<Omit<RetryOptions, 'shouldRetry'>> {
  readonly shouldRetry: RetryOptions['shouldRetry'];
  /** Whether an attempt that timed out is retryable. */
  readonly onTimeout: boolean;
  /** Whether a pause that comes with this status is heeded. */
  readonly heeds: (status: number) => boolean;
}

/** The defaults of {@link RetryOptions}. */
export const retryDefaults: Required<Omit<RetryOptions, 'shouldRetry'>> = {
  limit: 3,
  methods: ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'],
  statusCodes: [408, 425, 429, 500, 502, 503, 504],
  backoff: /* @__PURE__ */ exponential(),
  jitter: 'full',
  maxRetryAfter: 60_000,
};

export const check: Check<RetryOptions> = /* @__PURE__ */ rules<RetryOptions>({
  limit: integer(0),
  methods: listOf(text),
  statusCodes: listOf(integer(100, 599)),
  backoff: callback,
  jitter: either(oneOf('full', 'equal', 'none'), callback),
  maxRetryAfter: duration(),
  shouldRetry: callback,
});

/** The options in force for one call: ours, else ky's, else the defaults. */
export function resolve(own: RetryOptions, ky: KyRetryOptions): ResolvedRetryOptions {
  const { backoffLimit = Infinity, delay, jitter } = ky;
  const backoff = own.backoff ?? delay ?? retryDefaults.backoff;
  return {
    limit: limitOf(own, ky.limit),
    methods: own.methods ?? ky.methods ?? retryDefaults.methods,
    statusCodes: own.statusCodes ?? ky.statusCodes ?? retryDefaults.statusCodes,
    backoff: own.backoff ? backoff : (retryCount) => Math.min(backoffLimit, backoff(retryCount)),
    jitter: own.jitter ?? kyJitter(jitter) ?? retryDefaults.jitter,
    maxRetryAfter: own.maxRetryAfter ?? ky.maxRetryAfter ?? retryDefaults.maxRetryAfter,
    shouldRetry: own.shouldRetry ?? ky.shouldRetry,
    onTimeout: ky.retryOnTimeout ?? true,
    heeds: (status) => ky.afterStatusCodes?.includes(status) ?? true,
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
