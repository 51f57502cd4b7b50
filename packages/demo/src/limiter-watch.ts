import type { RateLimits } from '@kyhooks/rate-limit';

/** A limiter at one moment, all keys together. */
export interface LimiterSample {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** Permits given out. */
  readonly running: number;
  /** Calls in line. */
  readonly waiting: number;
}

const everyMs = 20;

/** Looks at a limiter again and again. */
export class LimiterWatch {
  readonly samples: LimiterSample[] = [];
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(limits: RateLimits | undefined) {
    if (limits) this.#timer = setInterval(() => this.samples.push(sample(limits)), everyMs);
  }

  readonly stop = (): void => clearInterval(this.#timer);
}

function sample(limits: RateLimits): LimiterSample {
  let running = 0;
  let waiting = 0;
  for (const stats of limits.stats().values()) {
    running += stats.running;
    waiting += stats.waiting;
  }
  return { timeMs: Date.now(), running, waiting };
}
