import { type Send, startTimer, trace } from '@kyhooks/core';
import { tapBody } from '@kyhooks/core/body-tap';
import { BodyTimeoutError, DeadlineError } from './errors.ts';
import type { Deadline } from './deadline.ts';

/**
 * Bounds the reading of a body, whoever reads it. A timer runs only while a read waits for the network: what the reader
 * takes its time over is not the server's fault, and a body that nobody reads keeps nothing alive.
 */
export function boundBody(
  response: Response,
  { call, attempt, request }: Send,
  idle: number | false,
  total: number | false,
  deadline: Deadline | false | undefined,
): void {
  const startMs = call.elapsedMs;
  const remains = (): number => (total ? total - (call.elapsedMs - startMs) : Infinity);
  const tap = tapBody(response, {
    waits() {
      const waitsFor = Math.min(idle || Infinity, remains(), deadline ? deadline.remainingMs : Infinity);
      if (waitsFor === Infinity) return undefined;
      return startTimer(waitsFor, () => {
        const error = timedOut();
        attempt.error = error.code;
        trace(error, call);
        tap.breakOff(error);
      });
    },
  });
  const timedOut = (): BodyTimeoutError | DeadlineError => {
    // A timer may fire a fraction of a millisecond early.
    if (deadline && deadline.remainingMs < 1) return new DeadlineError(request, call, deadline, 'body');
    return total && remains() < 1
      ? new BodyTimeoutError(request, call, 'total', total, call.elapsedMs - startMs)
      : new BodyTimeoutError(request, call, 'idle', idle as number, idle as number);
  };
}
