import type { Outcome } from '@kyhooks/core';
import { errorCode, isTransient } from '@kyhooks/core/classify';
import { isTimeoutError } from 'ky';
import type { ResolvedRetryOptions } from './options.ts';

/** Why a failure may pass with another try, in words; `undefined` when it may not. */
export function whyRetryable(
  { error, response }: Outcome,
  { statusCodes, onTimeout }: ResolvedRetryOptions,
  pause: number | undefined,
): string | undefined {
  if (response) {
    const { status } = response;
    // A body too large stays too large, unless the server says until when.
    const passing = statusCodes.includes(status) || (status === 413 && pause !== undefined);
    return passing ? `status ${status} is retryable` : undefined;
  }
  if (isTimeoutError(error))
    return onTimeout && isAttemptTimeout(error) ? 'the attempt timed out' : undefined;
  return isTransient(error) ? `network error ${errorCode(error)} is retryable` : undefined;
}

/** ky's own timeout has no code; of ours only the attempt's leaves time for another one. */
function isAttemptTimeout({ code }: Error & { readonly code?: unknown }): boolean {
  return code === undefined || code === 'ATTEMPT_TIMEOUT';
}
