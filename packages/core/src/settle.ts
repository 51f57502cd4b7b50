import type { Attempt, CallOutcome } from './call.ts';
import { errorCode } from './classify.ts';
import type { Run } from './run.ts';
import { trace } from './trace.ts';

/** Ends the call, once: later ends of the same call change nothing. */
export function settle(run: Run, outcome: CallOutcome, error?: unknown): void {
  const { call } = run;
  if (call.outcome) return;
  run.attempt?.end();
  run.unwatchAbort?.();
  call.forget();
  run.dropHeld();
  call.durationMs = call.elapsedMs;
  call.outcome = outcome;
  if (outcome === 'failed') call.error = errorCode(error);
  if (typeof error === 'object' && error !== null) trace(error, call);
  run.announce?.();
}

/** Ends the call with an error, which a hook may have put in the place of the one that was raised. */
export function settleError(run: Run, error: unknown, raised: unknown = error): void {
  settle(run, run.isAbort(raised) ? 'aborted' : 'failed', error);
}

/** Takes a response for the one the call ends with, as long as no other comes. */
export function answer(
  run: Run,
  response: Response,
  hooksDue: number = run.hooks.afterResponse?.length ?? 0,
): Response {
  trace(response, run.call);
  run.call.phase = 'body';
  run.call.status = response.status;
  run.answers++;
  run.hooksDue = hooksDue;
  if (run.ky.totalTimeout) run.answered = new WeakRef(response);
  run.forgetRaised();
  return run.listen && !throws(run, response) ? run.listen(response) : response;
}

/** Whether ky makes an error of this response: ky reads its body then, and the call ends with the error. */
export function throws({ ky: { throwHttpErrors = true } }: Run, { ok, type, status }: Response): boolean {
  if (ok || type === 'opaque') return false;
  return typeof throwHttpErrors === 'function' ? throwHttpErrors(status) : throwHttpErrors;
}

/** Ends a pass that failed; the call too, where ky will not come by `beforeError`: it does so for Errors only. */
export function fail(run: Run, attempt: Attempt, error: unknown, isFatal = false): void {
  if (!attempt.over) run.fail(attempt, error);
  if (error instanceof Error) return;
  // What the layers may still have sent again is judged first.
  if (isFatal || !run.judge || run.isAbort(error) || run.retryCount >= run.limit + run.spares)
    settleError(run, error);
}
