import { rateLimit, type RateLimitFragment, type RedisRateLimitOptions } from '@kyhooks/rate-limit/redis';
import { Redis } from 'ioredis';
import ky, { type KyInstance, type Options } from 'ky';

/** A client of ioredis that does not mind an outage. */
export function redisClient(port: number, Client: typeof Redis = Redis): Redis {
  const client = new Client({ port, retryStrategy: () => 50 });
  client.on('error', () => {});
  return client;
}

/** What a process has: a limiter with a connection of its own, and a ky instance. */
export interface Member extends AsyncDisposable {
  readonly api: KyInstance;
  readonly limits: RateLimitFragment;
  readonly redis: Redis;
}

/** One member of a cluster; several in one process share nothing but Redis. */
export function member(
  port: number,
  { Client, ...limit }: Omit<RedisRateLimitOptions, 'connection'> & { Client?: typeof Redis },
  options: Options,
): Member {
  const redis = redisClient(port, Client);
  const limits = rateLimit({ connection: redis, ...limit });
  const api = ky
    .create({ baseUrl: 'https://api.test/', retry: 0, timeout: false, ...options })
    .extend(limits);
  return {
    api,
    limits,
    redis,
    async [Symbol.asyncDispose]() {
      await limits.close();
      redis.disconnect();
    },
  };
}

/** A server of ours: its answers take so many milliseconds. */
export interface Backend {
  readonly fetch: NonNullable<Options['fetch']>;
  /** When each request came, on the monotonic clock. */
  readonly times: number[];
  /** Most requests at a time. */
  readonly most: number;
}

export function backend(
  ms: number,
  answer: (path: string) => Response = () => new Response('fine'),
): Backend {
  const times: number[] = [];
  let running = 0;
  let most = 0;
  return {
    times,
    get most() {
      return most;
    },
    async fetch(input) {
      times.push(performance.now());
      most = Math.max(most, ++running);
      await new Promise((resolve) => void setTimeout(resolve, ms));
      running--;
      return answer(new URL((input as Request).url).pathname.slice(1));
    },
  };
}

/** Most of these moments in any window of so many milliseconds. */
export function mostWithin(times: readonly number[], interval: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [index, time] of sorted.entries()) {
    while (time - sorted[first]! >= interval) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
