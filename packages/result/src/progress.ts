/** How far a fan-out is. */
export interface FanOutProgress {
  /** Results so far, failed ones included. */
  readonly done: number;
  readonly failed: number;
  /** Calls in flight. */
  readonly running: number;
  /** Inputs in all, where the inputs tell: an array, a Set, a Map. */
  readonly total: number | undefined;
  /** Since the start, in milliseconds. */
  readonly elapsedMs: number;
  /** Results per second, since the start. */
  readonly perSecond: number;
  /** Time left at this rate, in milliseconds, where `total` is known. */
  readonly remainingMs: number | undefined;
}

/** What the counts say. */
export function progressOf(
  counts: Pick<FanOutProgress, 'done' | 'failed' | 'running' | 'total'>,
  elapsedMs: number,
): FanOutProgress {
  const { done, total } = counts;
  return {
    ...counts,
    elapsedMs,
    perSecond: elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0,
    remainingMs: total === undefined || done === 0 ? undefined : ((total - done) / done) * elapsedMs,
  };
}

/** How many inputs there are, where that is known beforehand. */
export function sizeOf(inputs: object): number | undefined {
  const { length, size } = inputs as { readonly length?: unknown; readonly size?: unknown };
  return [length, size].find((known): known is number => typeof known === 'number');
}
