import { TimeoutError } from 'ky';
import type { Call } from './call.ts';
import type { Pass } from './gate.ts';

/**
 * The error of a wait in the gate that does not fit what remains of the call: ky's `TimeoutError`, which `timeout()`
 * gives the class of the bound that was met. The record says why.
 */
export function outOfTime({ call, request }: Pass, layer: string, waitMs: number): TimeoutError {
  call.decide(
    layer,
    'refused',
    `a wait of ${inWords(waitMs)} exceeds the remaining ${inWords(call.remainingMs)}`,
  );
  return new TimeoutError(request);
}

/** Why a call cannot wait so long before it is sent again; `undefined` when it can. A pause that the gate keeps counts too. */
export function tooLong(
  { elapsedMs, remainingMs, notBeforeMs = 0 }: Call,
  delayMs: number,
): string | undefined {
  const pauseMs = Math.max(delayMs, notBeforeMs - elapsedMs);
  return pauseMs < remainingMs
    ? undefined
    : `a pause of ${inWords(pauseMs)} exceeds the remaining ${inWords(remainingMs)}`;
}

function inWords(milliseconds: number): string {
  const seconds = Number((milliseconds / 1000).toFixed(1));
  return milliseconds < 1000 ? `${Math.max(0, Math.round(milliseconds))} ms` : `${seconds} s`;
}
