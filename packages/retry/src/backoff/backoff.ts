import type { RetryState } from '../state.ts';

/**
 * How long to wait before a retry, in milliseconds, before jitter. A function of what happened, or one of the
 * strategies beside this file.
 */
export interface Backoff {
  (state: RetryState): number;
  /** Shortest and longest wait it gives, for jitter that goes by them. */
  readonly base?: number;
  readonly cap?: number;
}

/** A strategy that asks for nothing but the number of the retry, from 1. */
export interface Strategy extends Backoff {
  (state: Pick<RetryState, 'retryCount'>): number;
}
