export type { BudgetOptions } from '@kyhooks/core/budget';
export type { Backoff, Strategy } from './backoff/backoff.ts';
export { constant } from './backoff/constant.ts';
export { exponential, type ExponentialOptions } from './backoff/exponential.ts';
export { isMalformedBodyError, MalformedBodyError } from './errors.ts';
export type { Jitter } from './jitter/jitter.ts';
export { retryDefaults, type RetryOptions } from './options.ts';
export { retry } from './retry.ts';
export type { OnRetryState, RetryState } from './state.ts';
