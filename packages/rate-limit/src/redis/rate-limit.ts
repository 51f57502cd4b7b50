import { type RateLimitFragment, factoryOf } from '../factory.ts';
import { countingHere } from '../here.ts';
import { type RateLimitOptions, windowsOf } from '../options.ts';
import type { Counter, Limits } from '../permits/permits.ts';
import { namespaceOf } from './client.ts';
import { Link } from './link.ts';
import { check, fallbackOf, type RedisRateLimitOptions } from './options.ts';
import { RedisPermits } from './permits.ts';

const make = /* @__PURE__ */ factoryOf<RedisRateLimitOptions>(check, counting);

/**
 * `rateLimit()` with limits that all processes share which are connected to the same Redis. Bottleneck's clustering counts
 * there. Without `connection` it is the same as that of the main entry.
 *
 * The connection is made at the first call, and ended by `close()` of the fragment: until then it keeps the process alive.
 *
 * @throws OptionsError naming every option that is not valid
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis';
 * import ky from 'ky';
 * import { rateLimit } from '@kyhooks/rate-limit/redis';
 *
 * const limits = rateLimit({ connection: new Redis(), rate: { limit: 50, interval: 1_000 } });
 * const api = ky.create({ baseUrl: 'https://api.example.com/' }).extend(limits);
 * ```
 */
export function rateLimit(options: RedisRateLimitOptions | false = {}, id?: string): RateLimitFragment {
  return make(options, id);
}

function counting(options: RateLimitOptions): Counter {
  const { connection, id = 'rateLimit', limiter, ...rest } = options as RedisRateLimitOptions;
  if (!connection || limiter) return countingHere(options);
  const limits: Limits = { ...rest, windows: windowsOf(rest) };
  const fallback = fallbackOf(rest);
  const link = new Link(connection);
  // In braces: what belongs together stays together where Redis is spread over several machines.
  const name = (key: string): string => `${namespaceOf(connection)}{kyhooks:${id}:${key}}`;
  return {
    permits: (key, hooks) => new RedisPermits(link, name(key), limits, fallback, hooks),
    close: () => link.close(),
  };
}
