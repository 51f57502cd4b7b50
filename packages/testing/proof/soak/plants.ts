import { timeout } from '@kyhooks/timeout';
import type { Client } from './client.ts';

const kept: unknown[] = [];
const aYear = 2 ** 31 - 1;

/** Leaks, made on purpose in one call of twenty: what the soak must see. */
export const plants: Readonly<Record<string, (client: Client) => unknown>> = {
  heap: () => kept.push(Array.from({ length: 1_000 }, (_, index) => ({ index }))),
  outside: () => kept.push(new ArrayBuffer(100_000)),
  listeners: ({ signal }) => signal.addEventListener('abort', () => undefined),
  timers: () => setTimeout(() => undefined, aYear).unref(),
  handles: () => setInterval(() => undefined, aYear),
  /** It holds a permit and has an open span; the next ones wait. */
  calls: ({ api, narrow, layers }) => {
    void api.get('hang', { timeout: false, ...narrow, ...layers(() => timeout(false)) });
  },
};
