import type { rateLimit, RateLimitOptions } from '@kyhooks/rate-limit';
import { factoryOf } from '../src/factory.ts';
import { check, windowsOf } from '../src/options.ts';
import { localJobs } from '../src/permits/local-or-jobs.ts';
import type { Hooks, Permits } from '../src/permits/permits.ts';

/** Limiters whose permits are made by the test. */
export function counted(counter: (options: RateLimitOptions, hooks: Hooks) => Permits): typeof rateLimit {
  return factoryOf(check, (options) => ({
    permits: (_, hooks) => counter(options, hooks),
  })) as typeof rateLimit;
}

/** Limits of our own, counted as with a Bottleneck whose store is not known. */
export const byJobs: typeof rateLimit = counted((options, hooks) =>
  localJobs({ ...options, windows: windowsOf(options) }, hooks),
);
