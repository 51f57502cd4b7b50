import { type Send, startTimer, trace } from '@kyhooks/core';
import { tapBody } from '@kyhooks/core/body-tap';
import { BodyTimeoutError, DeadlineError } from './errors.ts';
import type { Deadline } from './deadline.ts';
import type { BodyBounds } from './options.ts';

/**
 * Bounds the reading of a body, whoever reads it. A timer runs only while a read waits for the network: what the reader
 * takes its time over is not the server's fault, and a body that nobody reads keeps nothing alive.
 */
export function boundBody(
  response: Response,
  { call, attempt, request }: Send,
  { idle, total }: BodyBounds,
  deadline: Deadline | false | undefined,
): void {
  const startMs = call.elapsedMs;
  const tap = tapBody(response, {
    waits() {
      const untilTotal = total ? total - (call.elapsedMs - startMs) : Infinity;
      const untilDeadline = deadline ? deadline.remainingMs : Infinity;
      const waitsFor = Math.min(idle || Infinity, untilTotal, untilDeadline);
      const end = (): undefined => {
        const error =
          deadline && waitsFor === untilDeadline
            ? new DeadlineError(request, call, deadline, 'body')
            : waitsFor === untilTotal
              ? new BodyTimeoutError(request, call, 'total', total as number, call.elapsedMs - startMs)
              : new BodyTimeoutError(request, call, 'idle', waitsFor, waitsFor);
        attempt.error = error.code;
        trace(error, call);
        tap.breakOff(error);
      };
      // A timer of no time would come behind bytes that are here already.
      return waitsFor > 0 ? startTimer(waitsFor, end) : end();
    },
  });
}
