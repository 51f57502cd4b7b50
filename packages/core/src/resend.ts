import {
  type BeforeErrorState,
  type BeforeRetryHook,
  type BeforeRetryState,
  isForceRetryError,
  isHTTPError,
  isTimeoutError,
} from 'ky';
import { isRequest, isResponse } from './is.ts';
import type { Run } from './run.ts';
import { answer, settle, settleError } from './settle.ts';

/**
 * Puts one composed hook in place of the user's `beforeRetry` hooks: ky skips the hooks behind one that returns a
 * Request, and the gate must not be skipped. Hooking it twice changes nothing.
 */
export function hookResend(run: Run): void {
  run.resend ??= composed(run, run.hooks.beforeRetry ?? []);
  run.hooks.beforeRetry = [run.resend];
}

/** ky's `beforeRetry` of this call: the user's hooks in their order, as ky runs them, then the gate. */
function composed(run: Run, users: readonly BeforeRetryHook[]): BeforeRetryHook {
  run.showsErrors = users.length > 0;
  return async (state) => {
    const { retryCount, options } = state;
    run.retryCount = retryCount;
    const error = run.name(state.error);
    // A fetch that does not heed its signal is still at it: for ky, and so for us, this pass is over.
    if (run.attempt && !run.attempt.over) run.fail(run.attempt, error);
    // A forced retry is none of those that are set aside.
    if (isForceRetryError(error) && run.retriesMade > run.limit) throw state.error;
    const last = run.call.decisions.at(-1);
    if (last?.attempt !== run.call.attempts.length || last.verdict !== 'retry' || isForceRetryError(error)) {
      run.call.decide('ky', 'retry', isForceRetryError(error) ? error.message : "by ky's own rules");
    }
    // Where ky would not have thrown the status, core did, before ky's options were known.
    if (isHTTPError(state.error) && (state.error.options as unknown) === run.ky)
      state.error.options = options;
    let request = followed(state);
    for (const hook of users) {
      const result = await userHook(run, hook, { request, options, error, retryCount }, state.error);
      if (typeof result === 'symbol') {
        settle(run, 'stopped');
        return result;
      }
      if (isResponse(result)) {
        // The hook may well have given the answer at hand, or its body.
        if (result.body === run.held?.response.body) run.held = undefined;
        run.dropHeld();
        return answer(run, result);
      }
      if (isRequest(result)) {
        request = result;
        run.replaced = true;
        break;
      }
    }
    try {
      const entered = (await run.enter?.({ request, options }, false)) ?? request;
      run.dropHeld();
      return entered;
    } catch (refusal) {
      // No time for another attempt: the outcome of the last one is the answer.
      if (isTimeoutError(refusal) && refusal.isKyError && run.call.remainingMs > 0) {
        if (run.held) return lastAnswer(run, run.held);
        throw state.error;
      }
      throw await refused(run, refusal, { request, options, retryCount });
    }
  };
}

/**
 * The request, with ky's signal tied to it anew. What ky sends again is a clone, and in Node no abort reaches a clone once
 * garbage was collected (https://github.com/nodejs/undici/issues/4068): `fetch` would go on, its connection open.
 */
function followed({ request, options: { signal } }: BeforeRetryState): Request {
  // A hook has read its body: ky will find out, and say so by `beforeError`.
  if (request.bodyUsed) return request;
  const { referrer, referrerPolicy } = request;
  return new Request(request, { signal: signal!, referrer, referrerPolicy });
}

function lastAnswer(run: Run, { response, attempt }: NonNullable<Run['held']>): Response {
  run.held = undefined;
  run.attempt = attempt;
  return answer(run, response);
}

/** ky hands on what a `beforeRetry` hook throws as it is, and asks no `beforeError` hook. */
async function userHook(
  run: Run,
  hook: BeforeRetryHook,
  state: BeforeRetryState,
  raised: Error,
): Promise<Awaited<ReturnType<BeforeRetryHook>>> {
  try {
    return await hook(state);
  } catch (error) {
    // Thrown again, the error of the attempt goes by `beforeError`: ky knows it by its identity.
    if (error === state.error) throw raised;
    settleError(run, error);
    throw error;
  }
}

/** A refusal of the gate is no hook's error: it does go by `beforeError`. */
async function refused(run: Run, error: unknown, state: Omit<BeforeErrorState, 'error'>): Promise<unknown> {
  // ky's own clock has ended the call: its TimeoutError is on its way there.
  if (state.request.signal.aborted && run.call.remainingMs <= 1) return error;
  return error instanceof Error ? run.beforeError!({ ...state, error }) : error;
}
