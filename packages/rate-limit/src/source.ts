import type { Limiter } from './limiter.ts';
import { namesLimits, type RateLimitOptions, refine, resolve } from './options.ts';
import type { Counter } from './permits/permits.ts';
import { type KeyStats, Pool } from './pool.ts';

/** Under this key the options of a layer carry their source; no check and no `explain()` looks there. */
export const source: unique symbol = Symbol('kyhooks.rateLimit.source');

/** Options with the limiter that they belong to. */
export type Sourced = RateLimitOptions & { readonly [source]: Source };

/** Makes what counts the permits that these options allow. */
export type Counting = (options: RateLimitOptions) => Counter;

/**
 * Where the permits of a fragment come from: a pool that lives as long as the fragment, however many instances and calls
 * use it, made when the first call comes.
 */
export class Source {
  readonly #options: RateLimitOptions;
  readonly #counting: Counting;
  /** This fragment over another: the same two always give the same, or the count would begin anew. */
  readonly #refined = new WeakMap<Source, Source>();
  readonly #parts: Source[] = [];
  #pool: Pool | undefined;
  #closed = false;

  constructor(options: RateLimitOptions, counting: Counting) {
    this.#options = options;
    this.#counting = counting;
  }

  get pool(): Pool {
    return (this.#pool ??= new Pool(this.#counting(this.#options)));
  }

  /** All pools that have come of this fragment. */
  get pools(): readonly Pool[] {
    return [this.pool, ...this.#parts.map(({ pool }) => pool)];
  }

  /** What is known of each key, in all of them together. */
  stats(): Map<string, KeyStats> {
    const all = new Map<string, KeyStats>();
    for (const [key, stats] of this.pools.flatMap((pool) => [...pool.stats()])) {
      const { running = 0, waiting = 0, pausedUntilMs = 0 } = all.get(key) ?? {};
      const until = Math.max(pausedUntilMs, stats.pausedUntilMs ?? 0);
      all.set(key, {
        running: running + stats.running,
        waiting: waiting + stats.waiting,
        ...(until > 0 && { pausedUntilMs: until }),
      });
    }
    return all;
  }

  /** Closes all of them. */
  async close(drain: boolean): Promise<void> {
    this.#closed = true;
    await Promise.all(this.pools.map((pool) => pool.close(drain)));
  }

  /** The source where these limits refine earlier ones. */
  over(earlier: Source, merged: RateLimitOptions): Source {
    let refined = this.#refined.get(earlier);
    if (!refined) {
      const counting = 'connection' in this.#options ? this.#counting : earlier.#counting;
      refined = new Source(merged, counting);
      this.#refined.set(earlier, refined);
      this.#parts.push(refined);
      // What is closed before its first call stays closed.
      if (this.#closed) void refined.close(false);
    }
    return refined;
  }
}

/**
 * Later options over earlier ones. What only says how calls are admitted is said of the limiter there is; other limits are
 * another limiter.
 */
export function merge(earlier: Sourced, later: Sourced): Sourced {
  const merged = refine(earlier, later);
  const of = namesLimits(later) ? later[source].over(earlier[source], merged) : earlier[source];
  return { ...merged, [source]: of };
}

const limiters = /* @__PURE__ */ new WeakMap<Sourced, Limiter>();

/** The limiter that these options describe. */
export function limiterOf(options: Sourced, name: string): Limiter {
  const known = limiters.get(options);
  if (known) return known;
  const limiter: Limiter = {
    name,
    pool: options[source].pool,
    slot: Symbol(name),
    options: resolve(options),
  };
  limiters.set(options, limiter);
  return limiter;
}
