import { decorrelated } from './decorrelated.ts';
import { equal } from './equal.ts';
import { full } from './full.ts';
import type { Spread } from './spread.ts';

/**
 * How a computed wait is spread, so that callers that failed together do not come back together.
 *
 * - `full`: anywhere between 0 and the wait; the least work for a server under load
 * - `equal`: half the wait, and up to as much again
 * - `decorrelated`: anywhere between the backoff's base and three times the wait before; grows by itself
 * - `none`: the wait itself
 * - a function of the wait, as in ky; what it returns is used when it is a number from 0 up
 *
 * Source of the first three: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015, and its simulator
 * (aws-samples/aws-arch-backoff-simulator).
 */
export type Jitter = 'full' | 'equal' | 'decorrelated' | 'none' | ((delay: number) => number);

/** The strategies by name. */
export const spreads: Readonly<Record<Extract<Jitter, string>, Spread>> = {
  full,
  equal,
  decorrelated,
  none: ({ delay }) => delay,
};
