/**
 * How a computed wait is spread, so that callers that failed together do not come back together.
 *
 * - `full`: anywhere between 0 and the wait; the least work for a server under load
 * - `equal`: half the wait, and up to as much again
 * - `none`: the wait itself
 * - a function of the wait, as in ky; what it returns is used when it is a number from 0 up
 *
 * Source of `full` and `equal`: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export type Jitter = 'full' | 'equal' | 'none' | ((delay: number) => number);

/** The wait, spread. */
export function spread(delay: number, jitter: Jitter): number {
  if (typeof jitter === 'function') {
    const own = jitter(delay);
    return Number.isFinite(own) && own >= 0 ? own : delay;
  }
  if (jitter === 'none') return delay;
  const random = Math.random();
  return jitter === 'full' ? random * delay : delay / 2 + (random * delay) / 2;
}
