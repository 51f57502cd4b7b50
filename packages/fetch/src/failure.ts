import { isNetworkError, type KyError } from 'ky';

/** What `fetch` would have rejected with. */
export function failure(error: unknown): unknown {
  // Not by the name: that of an `AbortSignal.timeout()` is a TimeoutError, too.
  const { isKyError, message } = Object(error) as KyError;
  if (!isKyError) return error;
  if (isNetworkError(error)) return error.cause;
  // Only the toolkit knows these: for a caller of `fetch`, the request did not get through.
  return new TypeError(message, { cause: error });
}
