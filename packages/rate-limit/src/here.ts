import { isGroup, type RateLimitOptions, windowsOf } from './options.ts';
import { localPermits, usersJobs } from './permits/local-or-jobs.ts';
import type { Counter, Limits } from './permits/permits.ts';

/** Counts on this machine: in Bottlenecks of our own, or in the user's. */
export function countingHere(options: RateLimitOptions): Counter {
  const { limiter } = options;
  const limits: Limits = { ...options, windows: windowsOf(options) };
  return {
    permits: (key, hooks) =>
      limiter ? usersJobs(isGroup(limiter) ? limiter.key(key) : limiter, hooks) : localPermits(limits, hooks),
  };
}
