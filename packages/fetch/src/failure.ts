import { isKyError, isNetworkError, isTimeoutError } from 'ky';

/** What `fetch` would have rejected with. */
export function failure(error: unknown): unknown {
  if (isNetworkError(error)) return error.cause;
  // Only the toolkit knows these: for a caller of `fetch`, the request did not get through.
  if (isKyError(error) || isTimeoutError(error)) return new TypeError(error.message, { cause: error });
  return error;
}
