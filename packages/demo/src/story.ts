import type { Drift } from '@kyhooks/schema';
import type { Result } from './job.ts';
import type { LimiterSample } from './limiter-watch.ts';

/** One client's run, call by call: what the pictures are drawn from. */
export interface Story {
  readonly client: string;
  /** When it began, in milliseconds since the epoch. */
  readonly startTimeMs: number;
  readonly results: readonly Result[];
  /** Absent for a client without a limiter. */
  readonly limiter?: readonly LimiterSample[];
  /** Answers that broke their contract; absent for a client that knows none. */
  readonly drifts?: readonly Drift[];
}
