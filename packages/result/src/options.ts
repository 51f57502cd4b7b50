import { callback, type Check, integer, oneOf, type Rule, rules } from '@kyhooks/core';
import type { FanOutItem } from './item.ts';
import type { FanOutProgress } from './progress.ts';

/** Options of `fanOut()`. */
export interface FanOutOptions<Input = never, Value = never> {
  /**
   * Most calls at a time. A whole number from 1 up.
   *
   * Source: the default of the AWS SDK for Python and of the AWS CLI for S3 transfers (`max_concurrent_requests`).
   *
   * @default 10
   */
  readonly concurrency?: number;
  /** Ends the run at once: calls in flight are aborted and given as `aborted`, what is finished is kept. */
  readonly signal?: AbortSignal;
  /**
   * Longest time of the whole run in milliseconds, or the moment of its end: a Date, or a deadline of `@kyhooks/timeout`,
   * which the calls of the run can share. Calls in flight are then aborted and given as `timeout`; what is finished is
   * kept.
   */
  readonly deadline?: number | Date | { readonly remainingMs: number };
  /**
   * In which order results come: that of the inputs, or as they are completed.
   *
   * @default 'input'
   */
  readonly order?: 'input' | 'completion';
  /** Asked of each result as long as inputs may be left: `true` begins no further one; calls in flight are finished. */
  readonly stopOn?: (item: FanOutItem<Input, Value>) => boolean;
  /** Told after each result. What it throws, or rejects with, is ignored. */
  readonly onProgress?: (progress: FanOutProgress) => unknown;
}

/** The defaults of {@link FanOutOptions}. */
export const fanOutDefaults: { readonly concurrency: number; readonly order: 'input' | 'completion' } = {
  concurrency: 10,
  order: 'input',
};

/** What a deadline leaves at this moment, in milliseconds. */
export function timeUntil(deadline: NonNullable<FanOutOptions['deadline']>): number {
  if (typeof deadline === 'number') return deadline;
  return deadline instanceof Date ? Number(deadline) - Date.now() : deadline.remainingMs;
}

const deadline: Rule = {
  text: 'milliseconds from 0 up, a valid Date or a deadline',
  test: (value) =>
    value !== null &&
    Number.isFinite(timeUntil(value as number)) &&
    !(typeof value === 'number' && value < 0),
};

const signal: Rule = {
  text: 'an AbortSignal',
  test: (value) => value instanceof AbortSignal,
};

export const check: Check<FanOutOptions> = /* @__PURE__ */ rules<FanOutOptions>({
  concurrency: integer(1),
  signal,
  deadline,
  order: oneOf('input', 'completion'),
  stopOn: callback,
  onProgress: callback,
});
