import type { Options as KyOptions } from 'ky';
import { type Check, duration, either, oneOf, rules, type Fault } from '@kyhooks/core';

/** Options of `timeout()`. What is not given is taken from ky's own `timeout` and `totalTimeout`, then from {@link timeoutDefaults}. */
export interface TimeoutOptions {
  /**
   * Longest time from the moment a request is really sent to its headers, in milliseconds; `false` for no bound. Time
   * in queues and between attempts does not count. A ky shortcut's read of the body (`.json()`, `.text()`, …) gets the
   * same time again.
   *
   * Source: ky's default.
   *
   * @default 10_000
   */
  readonly attempt?: number | false;
  /**
   * Longest time of the whole call, in milliseconds; `false` for no bound. Queues, attempts and the waits between them
   * count, to the headers of the last response, or to the end of a ky shortcut's read.
   *
   * Source: the total timeout of .NET's standard resilience handler.
   *
   * @default 30_000
   */
  readonly total?: number | false;
}

/** The defaults of {@link TimeoutOptions}. */
export const timeoutDefaults: Required<TimeoutOptions> = { attempt: 10_000, total: 30_000 };

const bound = /* @__PURE__ */ either(duration(1), oneOf(false));

export const check: Check<TimeoutOptions> = /* @__PURE__ */ rules<TimeoutOptions>(
  { attempt: bound, total: bound },
  ({ attempt, total }): readonly Fault[] =>
    exceeds(attempt, total)
      ? [{ option: 'attempt', rule: `must not exceed total (${total})`, value: String(attempt) }]
      : [],
);

/** Whether one bound lets the other never hold. */
export function exceeds(attempt: number | false | undefined, total: number | false | undefined): boolean {
  return typeof attempt === 'number' && typeof total === 'number' && attempt > total;
}

/** The bounds in force for one call: ours, else ky's own, else the defaults. */
export function resolve({ attempt, total }: TimeoutOptions, ky: KyOptions): Required<TimeoutOptions> {
  return {
    attempt: attempt ?? ky.timeout ?? timeoutDefaults.attempt,
    total: total ?? ky.totalTimeout ?? timeoutDefaults.total,
  };
}
