import { isBottleneckError } from '../errors.ts';
import { JobPermits } from '../permits/jobs.ts';
import { localPermits } from '../permits/local-or-jobs.ts';
import {
  type Hooks,
  type Limits,
  overLimit,
  type Permit,
  type Permits,
  type Waiting,
} from '../permits/permits.ts';
import { Clustered } from './clustered.ts';
import type { Link } from './link.ts';
import { Pauses } from './pauses.ts';

/** What counts when Redis does not. */
export interface Fallback {
  readonly whenUnavailable: 'reject' | 'open' | 'local';
  readonly processes: number;
}

/** The permits of one key for all processes: counted in Redis, or as agreed while it is away. */
export class RedisPermits implements Permits {
  readonly #link: Link;
  readonly #id: string;
  readonly #limits: Limits;
  readonly #hooks: Hooks;
  /** Counts while Redis is away; where there is none, calls are refused. */
  readonly #fallback: Permits | undefined;
  readonly #stopListening: () => void;
  #limiters: readonly Clustered[] = [];
  #jobs: JobPermits | undefined;
  #pauses: Pauses | undefined;
  #refusing = false;

  constructor(
    link: Link,
    id: string,
    limits: Limits,
    { whenUnavailable, processes }: Fallback,
    hooks: Hooks,
  ) {
    this.#link = link;
    this.#id = id;
    this.#limits = limits;
    this.#hooks = hooks;
    if (whenUnavailable === 'local') this.#fallback = localPermits(share(limits, processes), hooks);
    if (whenUnavailable === 'open') this.#fallback = localPermits({ windows: [] }, hooks);
    this.#stopListening = link.onChange(() => this.#changed());
  }

  get running(): number {
    return (this.#jobs?.running ?? 0) + (this.#fallback?.running ?? 0);
  }

  get idle(): boolean {
    return (this.#jobs?.idle ?? true) && (this.#fallback?.idle ?? true);
  }

  take(weight: number): Permit | undefined {
    const permit = this.#jobs?.take(weight);
    return permit ?? (this.#link.state === 'down' ? this.#fallback?.take(weight) : undefined);
  }

  expect(waiting: Waiting): number {
    switch (this.#link.state) {
      case 'up':
        return this.#counting().expect(waiting);
      case 'unsure':
        return Infinity;
      case 'down':
        this.#refuseHopeless(waiting);
        return this.#fallback?.expect(waiting) ?? Infinity;
    }
  }

  estimate(weight: number, calls: number): number {
    return this.#link.state === 'down' ? (this.#fallback?.estimate(weight, calls) ?? 0) : 0;
  }

  impossible(weight: number): string | undefined {
    const limits = this.#link.state === 'down' ? this.#fallback : undefined;
    return limits?.impossible(weight) ?? overLimit(this.#limits, weight);
  }

  tellPause(ms: number): void {
    void this.#pauses?.tell(ms);
  }

  async close(): Promise<void> {
    this.#stopListening();
    await Promise.all([this.#jobs?.close(), this.#fallback?.close()]);
    await Promise.all(this.#limiters.map((limiter) => limiter.close()));
  }

  /** Bottlenecks that could not begin never will: they are made when Redis is there, and made anew where that failed. */
  #counting(): JobPermits {
    if (this.#jobs) return this.#jobs;
    const { maxConcurrent, minTime = 0, windows } = this.#limits;
    // Another limit is another count: it is part of the name.
    const concurrency =
      maxConcurrent !== undefined || windows.length === 0
        ? new Clustered(this.#link, `${this.#id}:${maxConcurrent ?? ''}/${windows.length ? 0 : minTime}`, {
            maxConcurrent: maxConcurrent ?? null,
            minTime: windows.length === 0 ? minTime : 0,
          })
        : undefined;
    const counted = windows.map(({ limit, interval }, index) => {
      const spacing = index === windows.length - 1 ? minTime : 0;
      const id = `${this.#id}:${limit}/${interval}/${spacing}`;
      const limiter = new Clustered(this.#link, id, { maxConcurrent: limit, minTime: spacing, interval });
      return { limiter, interval };
    });
    this.#limiters = [...(concurrency ? [concurrency] : []), ...counted.map(({ limiter }) => limiter)];
    const pauses = new Pauses(this.#link, `b_${this.#id}:pause`, this.#limiters[0]!, this.#hooks);
    const jobs = new JobPermits(
      { ...(concurrency && { concurrency }), windows: counted, handsOn: minTime === 0 },
      this.#limits,
      {
        ready: () => this.#hooks.ready(),
        refused: (weight, error) => this.#refused(weight, error),
      },
    );
    this.#jobs = jobs;
    this.#pauses = pauses;
    void pauses.look();
    Promise.all(this.#limiters.map((limiter) => limiter.ready())).catch((error: unknown) => {
      if (this.#jobs === jobs) this.#forget(error);
    });
    return jobs;
  }

  #forget(error: unknown): void {
    for (const limiter of this.#limiters) void limiter.close();
    this.#jobs = undefined;
    this.#limiters = [];
    this.#pauses = undefined;
    this.#link.doubt(error);
  }

  /** A job was lost with the connection: its call asks again, or does as agreed. What Bottleneck refuses stays refused. */
  #refused(weight: number | undefined, error: unknown): void {
    if (isBottleneckError(error)) this.#hooks.refused(weight, error);
    else this.#hooks.ready();
  }

  #changed(): void {
    if (this.#link.state === 'up') {
      void this.#pauses?.look();
      for (const limiter of this.#limiters) void limiter.tend();
    }
    this.#hooks.ready();
  }

  /** Without Redis: all where nothing else counts, and those that weigh more than this process's share. */
  #refuseHopeless(waiting: Waiting): void {
    if (this.#refusing) return;
    const tooHeavy = [...waiting]
      .map(({ weight }) => weight)
      .filter((weight) => this.#fallback?.impossible(weight));
    if (this.#fallback && tooHeavy.length === 0) return;
    this.#refusing = true;
    // Not at once: who joins the line hears of it when he stands in it.
    queueMicrotask(() => {
      this.#refusing = false;
      if (this.#link.state !== 'down') return;
      if (!this.#fallback) this.#hooks.refused(undefined, this.#link.reason);
      for (const weight of tooHeavy) this.#hooks.refused(weight, this.#link.reason);
    });
  }
}

/** What one of so many processes may do by itself. */
function share({ maxConcurrent, minTime = 0, windows }: Limits, processes: number): Limits {
  const part = (limit: number): number => Math.floor(limit / processes);
  return {
    maxConcurrent: maxConcurrent === undefined ? undefined : part(maxConcurrent),
    minTime: minTime * processes,
    windows: windows.map(({ limit, interval }) => ({ limit: part(limit), interval })),
  };
}
