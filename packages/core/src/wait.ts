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

/**
 * What is waited for, or the signal's own `reason` as soon as that aborts; what comes of it then is nobody's concern any
 * more. No listener outlives the wait.
 */
export async function unlessAborted<Value>(
  awaited: Value | PromiseLike<Value>,
  signal: AbortSignal,
): Promise<Value> {
  let onAbort: () => void;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([awaited, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort!);
  }
}
