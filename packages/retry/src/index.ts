export type { Backoff } from './backoff/backoff.ts';
export { constant } from './backoff/constant.ts';
export { exponential, type ExponentialOptions } from './backoff/exponential.ts';
export type { Jitter } from './jitter.ts';
export { retryDefaults, type RetryOptions, type ShouldRetryState } from './options.ts';
export { retry } from './retry.ts';
