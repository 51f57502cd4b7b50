import { startTimer } from './timers.ts';

/**
 * Waits, and ends at once when the signal aborts: the promise then rejects with the signal's own `reason`, the same
 * object. Neither the timer nor the listener outlives the wait.
 *
 * @param delay milliseconds; clamped to the longest delay a timer holds
 */
export function wait(delay: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      stop();
      reject(signal!.reason);
    };
    const stop = startTimer(delay, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
