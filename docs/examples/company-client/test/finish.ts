import { vi } from 'vitest';

/** Moves the clock until the call is over. */
export async function finish<Value>(call: PromiseLike<Value>): Promise<Value> {
  let over = false;
  const done = (): void => void (over = true);
  call.then(done, done);
  while (!over) await vi.advanceTimersByTimeAsync(100);
  return call;
}
