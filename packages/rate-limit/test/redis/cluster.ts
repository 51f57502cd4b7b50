import { mostWithin } from './client.ts';
import { RedisServer } from './redis-server.ts';
import { finished, loggingServer, startWorker } from './workers.ts';

/** What several processes did with one limit, by the log of the server. */
export interface Usage {
  readonly ok: number;
  readonly failed: readonly string[];
  /** Most requests in any sliding second. */
  readonly most: number;
  /** (calls − limit) / (elapsed × limit): what was used of the limit, apart from the first burst. */
  readonly use: number;
}

/** Processes that share a limit per second; the clock of the first may be wrong. */
export async function shareLimit(
  limit: number,
  { processes = 4, seconds, aheadMs = 0 }: { processes?: number; seconds: number; aheadMs?: number },
): Promise<Usage> {
  await using redis = await RedisServer.start();
  await using server = await loggingServer(5);
  const workers = await Promise.all(
    Array.from({ length: processes }, (_, index) =>
      startWorker({
        redisPort: redis.port,
        url: server.url,
        limits: { rate: { limit, interval: 1_000 } },
        callers: Math.max(5, limit / processes),
        ms: seconds * 1_000,
        ...(index === 0 && { aheadMs }),
      }),
    ),
  );
  const results = await Promise.all(workers.map(finished));
  const { times } = server;
  const elapsed = (times.at(-1)! - times[0]!) / 1_000;
  return {
    ok: results.reduce((sum, { ok }) => sum + ok, 0),
    failed: results.flatMap(({ failed }) => failed),
    most: mostWithin(times, 1_000),
    use: (times.length - limit) / (elapsed * limit),
  };
}
