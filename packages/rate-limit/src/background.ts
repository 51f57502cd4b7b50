/** A timer that does not keep the process alive; gives the function that stops it. */
export function inBackground(delay: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delay) as ReturnType<typeof setTimeout> & { unref?(): void };
  timer.unref?.();
  return () => clearTimeout(timer);
}
