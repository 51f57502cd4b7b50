import type { Outcome } from '@kyhooks/core';
import { errorCode, isTransient } from '@kyhooks/core/classify';
import type { ServerTiming } from '@kyhooks/core/server-timing';
import { isTimeoutError } from 'ky';
import { isMalformedBodyError } from './errors.ts';
import type { ResolvedRetryOptions } from './options.ts';

/** Whether another try may help, and why, in words. */
export type Finding = readonly [retryable: boolean, reason: string];

/** What is to be said of a failure: of a status, else of what was thrown. */
export function judge(outcome: Outcome, options: ResolvedRetryOptions, timing: ServerTiming): Finding {
  const { error, response } = outcome;
  if (response) return judgeStatus(outcome, response.status, options, timing);
  if (isTimeoutError(error) && options.onTimeout && isAttemptTimeout(error))
    return [true, 'the attempt timed out'];
  if (isMalformedBodyError(error)) return [true, 'the body is not valid JSON'];
  return isTransient(error)
    ? [true, `network error ${errorCode(error)} is retryable`]
    : [false, `${errorCode(error)} is not retryable`];
}

function judgeStatus(
  { call }: Outcome,
  status: number,
  { statusCodes }: ResolvedRetryOptions,
  { shouldRetry, pauseMs, quotas }: ServerTiming,
): Finding {
  const found = (retryable: boolean, why = ''): Finding => [
    retryable,
    `status ${status} is ${retryable ? '' : 'not '}retryable${why}`,
  ];
  if (shouldRetry !== undefined) return found(shouldRetry, ', says the server');
  if (!statusCodes.includes(status)) return found(false);
  // Too large and forbidden it stays, unless the server says until when, or that a quota is used up.
  if (status === 403 || status === 413) {
    const passing = pauseMs !== undefined || quotas.some(({ remaining }) => remaining === 0);
    return found(passing, passing ? '' : ' without a pause');
  }
  // Another connection may lead to the right server; a second one that does not is no accident.
  if (status === 421 && call.attempts.filter((attempt) => attempt.status === 421).length > 1)
    return found(false, ' twice');
  return found(true);
}

/** ky's own timeout has no code; of ours only the attempt's leaves time for another one. */
function isAttemptTimeout({ code }: Error & { readonly code?: unknown }): boolean {
  return code === undefined || code === 'ATTEMPT_TIMEOUT';
}
