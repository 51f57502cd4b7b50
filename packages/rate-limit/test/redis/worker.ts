import { Redis } from 'ioredis';
import ky from 'ky';
import { rateLimit, type RedisRateLimitOptions } from '@kyhooks/rate-limit/redis';

/** What a worker process is told to do. */
export interface Task {
  readonly redisPort: number;
  readonly url: string;
  readonly limits: Omit<RedisRateLimitOptions, 'connection' | 'key' | 'priority' | 'weight' | 'limiter'>;
  /** So many callers call for so long, one call after the other. */
  readonly callers: number;
  readonly ms: number;
  /** By so many milliseconds its clock is wrong. */
  readonly aheadMs?: number;
}

/** What a worker says when it is ready, and when it has done its task. */
export type Said = { readonly ready: true } | { readonly ok: number; readonly failed: readonly string[] };

const { redisPort, url, limits, callers, ms, aheadMs = 0 } = JSON.parse(process.argv[2]!) as Task;
if (aheadMs !== 0) {
  const now = Date.now;
  Date.now = () => now() + aheadMs;
}
const redis = new Redis({ port: redisPort });
const fragment = rateLimit({ connection: redis, ...limits });
const api = ky.create({ baseUrl: url, retry: 0, timeout: false }).extend(fragment);
const say = (what: Said): void => void process.send!(what);

process.once('message', () => void work());
say({ ready: true });

async function work(): Promise<void> {
  const until = performance.now() + ms;
  const controller = new AbortController();
  const failed: string[] = [];
  let ok = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      try {
        await api.get('', { signal: controller.signal }).text();
        ok++;
      } catch (error) {
        if (!controller.signal.aborted) failed.push(String(error));
      }
    }
  };
  setTimeout(() => controller.abort(), ms);
  await Promise.all(Array.from({ length: callers }, caller));
  await fragment.close();
  redis.disconnect();
  say({ ok, failed });
  process.disconnect();
}
