import type { Strategy } from './backoff.ts';

/** Bounds of an exponential backoff. */
export interface ExponentialOptions {
  /**
   * Wait before the first retry, in milliseconds, before jitter.
   *
   * Source: ky's own default.
   *
   * @default 300
   */
  readonly base?: number;
  /**
   * Longest wait, in milliseconds, before jitter.
   *
   * Source: the AWS SDKs' standard retry mode (smithy-typescript, util-retry).
   *
   * @default 20_000
   */
  readonly cap?: number;
}

/**
 * Truncated exponential backoff: `min(cap, base * 2 ** (retryCount - 1))`.
 *
 * @throws RangeError when `base` or `cap` is no number from 0 up
 */
export function exponential({ base = 300, cap = 20_000 }: ExponentialOptions = {}): Strategy {
  if (!(base >= 0 && cap >= 0)) {
    throw new RangeError(`exponential() takes base and cap from 0 up, got base ${base} and cap ${cap}`);
  }
  // The exponent is bounded, because 0 times Infinity is no number.
  const strategy: Strategy = ({ retryCount }) => Math.min(cap, base * 2 ** Math.min(retryCount - 1, 1_000));
  return Object.assign(strategy, { base, cap });
}
