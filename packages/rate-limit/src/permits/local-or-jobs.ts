import { LightBottleneck } from '../light.ts';
import { JobPermits } from './jobs.ts';
import { LocalPermits } from './local.ts';
import type { Hooks, Limits, Permits } from './permits.ts';
import type { Schedules } from './slot.ts';
import { hasKnownStore } from './store.ts';

let known: boolean | undefined;

/** Permits on this machine: by Bottleneck's store, or by its jobs where this is a version whose store is not known. */
export function localPermits(limits: Limits, hooks: Pick<Hooks, 'ready' | 'refused'>): Permits {
  known ??= hasKnownStore();
  return known ? new LocalPermits(limits, hooks) : localJobs(limits, hooks);
}

/** Permits by jobs of Bottlenecks of our own. */
export function localJobs(limits: Limits, hooks: Pick<Hooks, 'ready' | 'refused'>): Permits {
  const { maxConcurrent = null, minTime = 0, windows } = limits;
  // The last one spaces: behind it nothing waits any more.
  const spacing = (index: number): number => (index === windows.length ? minTime : 0);
  const limiters = {
    concurrency: new LightBottleneck({ maxConcurrent, minTime: spacing(0) }),
    windows: windows.map(({ limit, interval }, index) => ({
      limiter: new LightBottleneck({ maxConcurrent: limit, minTime: spacing(index + 1) }),
      interval,
    })),
    handsOn: minTime === 0,
  };
  return new JobPermits(limiters, limits, hooks);
}

/** Permits by jobs of a user's own Bottleneck. It may count anything, so each job serves one call. */
export function usersJobs(limiter: Schedules, hooks: Hooks): Permits {
  return new JobPermits({ concurrency: limiter, windows: [], handsOn: false }, { windows: [] }, hooks);
}
