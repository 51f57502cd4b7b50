export { type Deadline, deadlineAt, deadlineIn } from './deadline.ts';
export {
  AttemptTimeoutError,
  BodyTimeoutError,
  DeadlineError,
  isAttemptTimeoutError,
  isBodyTimeoutError,
  isDeadlineError,
  isTotalTimeoutError,
  type TimeoutDetails,
  TotalTimeoutError,
} from './errors.ts';
export { type BodyBounds, type PropagateOptions, timeoutDefaults, type TimeoutOptions } from './options.ts';
export { timeout } from './timeout.ts';
