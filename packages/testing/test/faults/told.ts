import type { CallRecord } from '@kyhooks/core';
import type { Received } from './server.ts';

/** What became of a call. */
export interface Ended {
  readonly method: string;
  /** What was accepted as the answer. */
  readonly value?: unknown;
  readonly error?: unknown;
  /** What its caller had aborted it with when it failed. */
  readonly abortedWith?: Error;
}

/** What is seen of one call. */
export interface Told extends Ended {
  readonly call: number;
  /** Its records: one, if all is well. */
  readonly records: readonly CallRecord[];
  /** How long attempts, or the call, went on behind their bounds, in milliseconds; empty where all ended in time. */
  readonly lateMs: readonly number[];
  /** Requests of it that were sent. */
  readonly sent: number;
  /** As the server saw them, in the order in which they were sent. */
  readonly received: readonly Received[];
}
