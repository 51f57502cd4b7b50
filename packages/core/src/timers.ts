/** Longest delay a 32-bit timer holds, in milliseconds. Node fires a longer one after 1 ms. */
export const maxTimerDelay = 2_147_483_647;

/**
 * Starts a timer that cannot misfire: delays below zero become zero, delays above {@link maxTimerDelay} (and
 * `Infinity`) become that maximum. The global `setTimeout` is looked up at each call, so a fake clock is seen.
 *
 * @param delay milliseconds
 * @returns a function that stops the timer; calling it twice, or late, does nothing
 */
export function startTimer(delay: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.min(Math.max(delay, 0), maxTimerDelay));
  return () => clearTimeout(timer);
}
