import { hasCode } from '@kyhooks/core';
import { KyError } from 'ky';

/** Why a call got no permit. */
export type RateLimitErrorCode = keyof typeof reasons;

const reasons = {
  /** As many calls wait as `queue.limit` allows. */
  RATE_LIMIT_QUEUE_FULL: 'too many calls wait',
  /** The call has waited for `queue.timeout`. */
  RATE_LIMIT_QUEUE_TIMEOUT: 'the call has waited too long in the queue',
  /** The server has asked for a pause that is longer than `followServer.maxPause`. */
  RATE_LIMIT_PAUSED: 'the server has asked for a long pause',
  /** The weight is above what the limits allow at all. */
  RATE_LIMIT_OVERWEIGHT: 'the call weighs too much',
  /** The limiter was closed. */
  RATE_LIMIT_STOPPED: 'the limiter is closed',
  /** The limiter's store cannot be reached. */
  RATE_LIMIT_STORE_UNAVAILABLE: 'the store of the limiter cannot be reached',
} as const;

/** What a {@link RateLimitError} tells. */
export interface RateLimitErrorDetails {
  /** Of the limit; may hold what the option `key` put there, so it is not enumerable and in no message. */
  readonly key: string;
  /** The least time a permit would have taken, in milliseconds; `undefined` where nobody knows. */
  readonly estimatedWaitMs?: number | undefined;
  /** Calls that waited for this key. */
  readonly queueLength: number;
  /** In place of the reason that goes with the code. */
  readonly reason?: string | undefined;
  readonly cause?: unknown;
}

/** The request was not sent, because it got no permit. Never retried: sending again what was refused helps nobody. */
export class RateLimitError extends KyError {
  override readonly name = 'RateLimitError';
  readonly code: RateLimitErrorCode;
  declare readonly key: string;
  readonly estimatedWaitMs: number | undefined;
  readonly queueLength: number;

  constructor(
    code: RateLimitErrorCode,
    { key, estimatedWaitMs, queueLength, reason, cause }: RateLimitErrorDetails,
  ) {
    const wait =
      estimatedWaitMs === undefined ? '' : `, it would take at least ${Math.ceil(estimatedWaitMs)} ms`;
    super(
      `Not sent: ${reason ?? reasons[code]} (${queueLength} waiting${wait})`,
      cause === undefined ? undefined : { cause },
    );
    this.code = code;
    this.estimatedWaitMs = estimatedWaitMs;
    this.queueLength = queueLength;
    Object.defineProperty(this, 'key', { value: key, enumerable: false });
  }
}

/** Whether the value is a {@link RateLimitError}, also one made by another copy of this package. */
export function isRateLimitError(value: unknown): value is RateLimitError {
  return hasCode(value, ...Object.keys(reasons));
}

/** What Bottleneck means by refusing a job. Its errors have no code, so its words must do. */
export function whyRefused(
  error: unknown,
): [code: RateLimitErrorCode, reason: string | undefined, cause: unknown] {
  const { message } = error as Error;
  if (message.startsWith('Impossible to add a job')) return ['RATE_LIMIT_OVERWEIGHT', message, error];
  if (message.startsWith('This job has been dropped')) return ['RATE_LIMIT_QUEUE_FULL', message, error];
  if (isBottleneckError(error)) return ['RATE_LIMIT_STOPPED', message, error];
  return ['RATE_LIMIT_STORE_UNAVAILABLE', undefined, error];
}

/** Told by its name, because each build of Bottleneck has a class of its own. */
export function isBottleneckError(error: unknown): boolean {
  return (error as Error).constructor?.name === 'BottleneckError';
}
