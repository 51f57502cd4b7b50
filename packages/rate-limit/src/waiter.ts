import type { RateLimitErrorCode } from './errors.ts';
import type { Permit } from './permits/permits.ts';
import type { Ranked } from './queue.ts';

/** A call that waits. */
export interface Waiter extends Ranked {
  readonly weight: number;
  /** The server has refused its last attempt. */
  readonly refused: boolean;
  /** Until when the server wants it to wait, by `performance.now()`. */
  readonly notBefore: number;
  /** It may start. */
  grant(permit: Permit): void;
  /** It will get none. */
  refuse(code: RateLimitErrorCode, reason?: string, cause?: unknown): void;
  /** Nothing will start for so many milliseconds: it leaves if it cannot wait so long. */
  paused(ms: number): void;
}
