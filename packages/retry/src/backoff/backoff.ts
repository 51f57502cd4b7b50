/** How long to wait before retry number `retryCount` (from 1), in milliseconds, before jitter. */
export type Backoff = (retryCount: number) => number;
