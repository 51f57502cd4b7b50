/** Counts the timers that wait, also those that do not keep the process alive, from now on. */
export function countTimers(): () => number {
  const waiting = new Set<unknown>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const counted = (callback: (...given: unknown[]) => void, delay?: number, ...given: unknown[]): unknown => {
    const timer = set(() => {
      waiting.delete(timer);
      callback(...given);
    }, delay);
    waiting.add(timer);
    return timer;
  };
  globalThis.setTimeout = counted as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    waiting.delete(timer);
    clear(timer);
  };
  return () => waiting.size;
}
