import type { CallRecord } from '@kyhooks/core';

/** Keeps the most eventful record of those it is shown: most attempts, and of these the longest. */
export class MostEventful {
  record: CallRecord | undefined;

  readonly see = (record: CallRecord): void => {
    if (!this.record || rank(record) > rank(this.record)) this.record = record;
  };
}

/** Attempts first; the time, in days, never outweighs one. */
function rank({ attempts, durationMs = 0 }: CallRecord): number {
  return attempts.length + durationMs / 86_400_000;
}
