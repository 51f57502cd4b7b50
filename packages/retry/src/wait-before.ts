import { type Call, maxTimerDelay } from '@kyhooks/core';
import type { Backoff } from './backoff/backoff.ts';
import { guarded } from './callback.ts';
import { type Jitter, spreads } from './jitter/jitter.ts';
import { type ResolvedRetryOptions, retryDefaults } from './options.ts';
import type { RetryState } from './state.ts';

/** The last wait of a call, for jitter that goes by it. */
const previousWaits = /* @__PURE__ */ new WeakMap<Call, number>();

/**
 * How long to wait before a retry, in milliseconds: what the server asks for, spread to the later side only, so that
 * its callers do not return together; else the backoff, spread.
 */
export async function waitBefore(
  call: Call,
  state: RetryState,
  { backoff, jitter }: ResolvedRetryOptions,
  pause: number | undefined,
): Promise<number> {
  const own = await guarded(call, 'backoff', () => backoff(state));
  const delay = isWait(own) ? own : retryDefaults.backoff(state);
  const wait =
    pause === undefined
      ? await guarded(call, 'jitter', () => spread(call, delay, backoff, jitter))
      : pause + (isPlain(jitter) ? 0 : Math.random() * Math.max(delay, pause / 10));
  return Math.min(isWait(wait) ? wait : delay, maxTimerDelay);
}

function spread(
  call: Call,
  delay: number,
  { base = delay, cap = Infinity }: Backoff,
  jitter: Jitter,
): number {
  if (typeof jitter === 'function') return jitter(delay);
  const wait = spreads[jitter]({ delay, base, cap, previous: previousWaits.get(call) ?? base });
  previousWaits.set(call, wait);
  return wait;
}

/** Whether nothing is left to chance. */
function isPlain(jitter: Jitter): boolean {
  return jitter === 'none' || typeof jitter === 'function';
}

function isWait(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}
