import type { AttemptRecord, CallRecord } from '@kyhooks/core';
import type { Attributes } from '@opentelemetry/api';
import { stateOf } from './call-state.ts';
import type { Meters } from './listening.ts';

/** The verdicts that are counted. */
const counted = ['retry', 'paused', 'refused'];

/** Takes what has been added to the record into the metrics; of the attempt that is about to be sent its waits. */
export function count(
  call: CallRecord,
  { decisions, waits }: Meters,
  common: Attributes,
  attempt?: AttemptRecord,
): void {
  const state = stateOf(call);
  for (const { layer, verdict } of call.decisions.slice(state.counted)) {
    if (counted.includes(verdict))
      decisions.add(1, { ...common, 'kyhooks.layer': layer, 'kyhooks.verdict': verdict });
  }
  state.counted = call.decisions.length;
  if (!attempt) return;
  const { startMs, backoffMs, queuedMs } = attempt;
  const { notBeforeMs = 0 } = call;
  // A timer may fire a fraction of a millisecond early.
  const paused = notBeforeMs > startMs - backoffMs && notBeforeMs < startMs + 1;
  const record = (kind: string, ms: number): void => {
    if (ms > 0) waits.record(ms / 1000, { ...common, 'kyhooks.wait': kind });
  };
  record('queue', queuedMs);
  record(paused ? 'pause' : 'backoff', backoffMs);
}
