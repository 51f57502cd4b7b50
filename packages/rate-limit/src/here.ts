import { type Group, isGroup, type RateLimitOptions, windowsOf } from './options.ts';
import { localPermits, usersJobs } from './permits/local-or-jobs.ts';
import type { Counter, Limits } from './permits/permits.ts';
import type { Schedules } from './permits/slot.ts';

/** Counts on this machine: in Bottlenecks of our own, or in the user's. */
export function countingHere(options: RateLimitOptions): Counter {
  const { limiter } = options;
  const limits: Limits = { ...options, windows: windowsOf(options) };
  return {
    permits: (key, hooks) =>
      limiter
        ? usersJobs(isGroup(limiter) ? keyed(limiter, key) : limiter, hooks)
        : localPermits(limits, hooks),
  };
}

/** A group drops a limiter that was not used for a while, and it refills no more then; so the group is asked each time. */
function keyed(group: Group, key: string): Schedules {
  return { schedule: (options, task) => group.key(key).schedule(options, task) };
}
