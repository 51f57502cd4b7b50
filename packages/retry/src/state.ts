import type { CallRecord } from '@kyhooks/core';

/** What `backoff`, `shouldRetry` and `onRetry` are told. */
export interface RetryState {
  readonly call: CallRecord;
  /** What was thrown; for a status an `HTTPError`, also where ky would not throw it. */
  readonly error: Error;
  /** Absent when no answer came. */
  readonly response: Response | undefined;
  /** Number of the retry in question, from 1. */
  readonly retryCount: number;
}

/** What `onRetry` is told besides. */
export interface OnRetryState extends RetryState {
  /** The wait before it is sent again, in milliseconds. */
  readonly delayMs: number;
  /** In words, as on the record. */
  readonly reason: string;
}
