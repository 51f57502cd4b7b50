import { duration, rules } from '@kyhooks/core';

/**
 * A moment by which everything that is given it must be over: all calls of a workflow, in sequence or in parallel, on one
 * instance or several. It starts no timer; each call through it gets what remains.
 */
export class Deadline {
  /** From the making of the deadline to its end, in milliseconds. */
  readonly limitMs: number;
  readonly #start = performance.now();

  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  /** Milliseconds since it was made. */
  get elapsedMs(): number {
    return performance.now() - this.#start;
  }

  /** Milliseconds that remain; below zero when it has passed. */
  get remainingMs(): number {
    return this.limitMs - this.elapsedMs;
  }
}

const checkIn = /* @__PURE__ */ rules<{ readonly milliseconds: number }>({ milliseconds: duration() });
const checkAt = /* @__PURE__ */ rules<{ readonly date: Date | number }>({
  date: {
    text: 'a valid Date or the milliseconds since the epoch',
    test: (value) => (value instanceof Date || typeof value === 'number') && Number.isFinite(Number(value)),
  },
});

/**
 * A deadline so many milliseconds from now.
 *
 * @throws OptionsError when it is no number from 0 to 2147483647
 */
export function deadlineIn(milliseconds: number): Deadline {
  // Nothing is no option left out here.
  checkIn('deadlineIn', { milliseconds: milliseconds ?? Number.NaN });
  return new Deadline(milliseconds);
}

/**
 * A deadline at a date, by the clock of this machine; clock changes after this moment do not move it.
 *
 * @throws OptionsError when it is no valid Date or number of milliseconds since the epoch
 */
export function deadlineAt(date: Date | number): Deadline {
  checkAt('deadlineAt', { date: date ?? Number.NaN });
  return new Deadline(Math.max(0, Number(date) - Date.now()));
}
