import { type Check, type Fault, integer, oneOf, type Rule, rules } from '@kyhooks/core';
import { across, type RateLimitOptions, table, windowsOf } from '../options.ts';
import type { RedisClient } from './client.ts';
import type { Fallback } from './permits.ts';

/** Options of `rateLimit()` with limits that several processes share. */
export interface RedisRateLimitOptions extends RateLimitOptions {
  /**
   * A client of ioredis 5 or 6, connected to Redis 7. Limits with the same `id`, key and numbers are one, in all
   * processes that use this Redis. The client itself stays yours: only copies of it are used. Excludes `limiter`, and
   * needs `maxConcurrent`, `rate` or `minTime`.
   */
  readonly connection?: RedisClient;
  /**
   * What calls do while Redis cannot be reached: `'reject'` refuses them (`RATE_LIMIT_STORE_UNAVAILABLE`), `'open'` lets
   * them pass without a limit, `'local'` gives this process its share of the limits, which is the limits divided by
   * `processes`.
   *
   * @default 'reject'
   */
  readonly whenUnavailable?: 'reject' | 'open' | 'local';
  /**
   * How many processes share the limits: a whole number from 1 up, at most the smallest limit. Only with `'local'`, which
   * needs it.
   */
  readonly processes?: number;
}

/** The defaults of {@link RedisRateLimitOptions}, beside those of the main entry. */
export const redisDefaults: { readonly whenUnavailable: 'reject' } = { whenUnavailable: 'reject' };

const connection: Rule = {
  text: 'a client of ioredis 5 or 6',
  test: (value) => has(value, 'defineCommand') && has(value, 'duplicate') && !isCluster(value),
  faults: (option, value) => {
    const rule = isCluster(value)
      ? 'is a Cluster; pass the client of a single Redis'
      : has(value, 'commandOptions') || has(value, 'withCommandOptions')
        ? 'is a client of node-redis, with which Bottleneck hangs; pass one of ioredis'
        : undefined;
    return rule ? [{ option, rule, value: 'an object' }] : undefined;
  },
};

export const check: Check<RedisRateLimitOptions> = /* @__PURE__ */ rules<RedisRateLimitOptions>(
  /* @__PURE__ */ (() => ({
    ...table(),
    connection,
    whenUnavailable: oneOf('reject', 'open', 'local'),
    processes: integer(1),
  }))(),
  (options) => [...across(options), ...acrossRedis(options)],
);

function acrossRedis(options: RedisRateLimitOptions): readonly Fault[] {
  const { connection: client, limiter, maxConcurrent, minTime, whenUnavailable, processes } = options;
  const windows = windowsOf(options);
  const faults: Fault[] = [];
  if (client && limiter) faults.push({ option: 'connection', rule: 'excludes limiter', value: 'both' });
  else if (client && maxConcurrent === undefined && minTime === undefined && windows.length === 0)
    faults.push({
      option: 'connection',
      rule: 'needs maxConcurrent, rate or minTime',
      value: 'none of them',
    });
  if (whenUnavailable === 'local' && processes === undefined)
    faults.push({
      option: 'processes',
      rule: "must be given with whenUnavailable: 'local'",
      value: 'undefined',
    });
  const limit = Math.min(maxConcurrent ?? Infinity, ...windows.map((window) => window.limit));
  if (processes !== undefined && processes > limit)
    faults.push({
      option: 'processes',
      rule: `must be at most the smallest limit (${limit})`,
      value: String(processes),
    });
  return faults;
}

/** What counts while Redis is away. */
export function fallbackOf({ whenUnavailable, processes }: RedisRateLimitOptions): Fallback {
  return { whenUnavailable: whenUnavailable ?? redisDefaults.whenUnavailable, processes: processes ?? 1 };
}

function isCluster(value: unknown): boolean {
  return (value as { isCluster?: unknown } | null)?.isCluster === true;
}

function has(value: unknown, method: string): boolean {
  return typeof (value as Record<string, unknown> | null)?.[method] === 'function';
}
