import { hasCode } from '@kyhooks/core';
import { redactUrl } from '@kyhooks/core/redact';
import { HTTPError, KyError } from 'ky';

/**
 * Why a request was not sent.
 *
 * - `INVALID_IDEMPOTENCY_KEY`: the key is one that the header or the API cannot take
 * - `IDEMPOTENCY_OPERATION_REUSED`: the operation was used with another payload
 * - `IDEMPOTENCY_STORE_FAILED`: what key the operation has cannot be known
 */
export type IdempotencyErrorCode =
  | 'INVALID_IDEMPOTENCY_KEY'
  | 'IDEMPOTENCY_OPERATION_REUSED'
  | 'IDEMPOTENCY_STORE_FAILED';

/** What the server refused: a key that was used with another payload, or a request without the key it wants. */
export type IdempotencyHTTPErrorCode = 'IDEMPOTENCY_KEY_REUSED' | 'IDEMPOTENCY_KEY_MISSING';

/** The request was not sent. */
export class IdempotencyError extends KyError {
  override readonly name = 'IdempotencyError';
  readonly code: IdempotencyErrorCode;
  /** The operation in question, where there is one. */
  readonly operation?: string;

  constructor(code: IdempotencyErrorCode, why: string, operation?: string, cause?: unknown) {
    super(`Not sent: ${why}`);
    this.code = code;
    if (operation !== undefined) this.operation = operation;
    if (cause !== undefined) this.cause = cause;
  }
}

/** The server refused the request for its key. A ky `HTTPError` with all that it has; never sent again. */
export class IdempotencyHTTPError extends HTTPError {
  readonly code: IdempotencyHTTPErrorCode;

  constructor({ response, request, options, data }: HTTPError, code: IdempotencyHTTPErrorCode) {
    super(response, request, options);
    this.data = data;
    this.code = code;
    this.message = `${reasons[code]} (status ${response.status}): ${request.method} ${redactUrl(request.url)}`;
  }
}

const reasons: Readonly<Record<IdempotencyHTTPErrorCode, string>> = {
  IDEMPOTENCY_KEY_REUSED: 'The idempotency key was used with another payload before',
  IDEMPOTENCY_KEY_MISSING: 'The server misses an idempotency key that it can take',
};

/** Whether the value is an error of this package, also one made by another copy of it. */
export function isIdempotencyError(value: unknown): value is IdempotencyError | IdempotencyHTTPError {
  return hasCode(
    value,
    'INVALID_IDEMPOTENCY_KEY',
    'IDEMPOTENCY_OPERATION_REUSED',
    'IDEMPOTENCY_STORE_FAILED',
    ...Object.keys(reasons),
  );
}
