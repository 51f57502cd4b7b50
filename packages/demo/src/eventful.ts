import type { CallRecord } from '@kyhooks/core';
import type { Story } from './story.ts';

/** The toolkit's most eventful call: most attempts, and of these the longest. */
export function mostEventful(stories: readonly Story[]): CallRecord | undefined {
  const records = stories.find(({ limiter }) => limiter)?.results.flatMap(({ record }) => record ?? []);
  return records?.reduce<CallRecord | undefined>(
    (best, record) => (best && rank(best) >= rank(record) ? best : record),
    undefined,
  );
}

/** Attempts first; the time, in days, never outweighs one. */
function rank({ attempts, durationMs = 0 }: CallRecord): number {
  return attempts.length + durationMs / 86_400_000;
}
