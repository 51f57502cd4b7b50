export {
  AttemptTimeoutError,
  isAttemptTimeoutError,
  isTotalTimeoutError,
  TotalTimeoutError,
  type TimeoutDetails,
} from './errors.ts';
export { timeoutDefaults, type TimeoutOptions } from './options.ts';
export { timeout } from './timeout.ts';
