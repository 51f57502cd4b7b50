import findRedis from '../../../tooling/redis.ts';
import { shareLimit } from '../../rate-limit/test/redis/cluster.ts';
import type { Part } from './part.ts';

const seconds = 10;
/** Least share of a limit that four processes use together; above it Bottleneck's round trips are the bound. */
const leastUse = 0.9;

/** Four processes share limits over Redis; the log of the server says what they did. One clock may be 5 s ahead. */
export const redis: Part = {
  name: 'redis',
  title: 'four processes share a limit over Redis, and never exceed it',
  async run(proof) {
    findRedis();
    for (const limit of [10, 100, 1_000]) {
      for (const aheadMs of [0, 5_000]) {
        const { ok, failed, most, use } = await shareLimit(limit, { seconds, aheadMs });
        proof.fact(
          `4 processes, ${limit} a second, one clock ${aheadMs} ms ahead`,
          `${ok} ok, ${failed.length} failed, ` +
            `at most ${most} in any second, ${(100 * use).toFixed(0)} % used`,
        );
        if (most > limit) throw new Error('The limit was exceeded');
        if (failed.length > 0) throw new Error(failed[0]);
        if (limit <= 100 && use < leastUse) throw new Error('Too little of the limit was used');
      }
    }
  },
};
