import type { Strategy } from './backoff.ts';

/**
 * The same wait before each retry.
 *
 * @param delay milliseconds
 * @throws RangeError when `delay` is no number from 0 up
 */
export function constant(delay: number): Strategy {
  if (!(delay >= 0)) throw new RangeError(`constant() takes a delay from 0 up, got ${delay}`);
  return Object.assign(() => delay, { base: delay, cap: delay });
}
