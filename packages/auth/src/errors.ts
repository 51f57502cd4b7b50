import { redactUrl } from '@kyhooks/core/redact';
import { type HTTPError, isHTTPError, KyError } from 'ky';

/**
 * - `AUTH_REFUSED`: status 401, and no other token to try
 * - `AUTH_FORBIDDEN`: status 403
 * - `AUTH_NO_TOKEN`: `token` or `refresh` has thrown
 * - `AUTH_INVALID_TOKEN`: the token cannot stand in a header
 * - `AUTH_REDIRECT`: the server redirects, and the credentials would go along
 */
export type AuthErrorCode =
  | 'AUTH_REFUSED'
  | 'AUTH_FORBIDDEN'
  | 'AUTH_NO_TOKEN'
  | 'AUTH_INVALID_TOKEN'
  | 'AUTH_REDIRECT';

const told: Readonly<Record<AuthErrorCode, string>> = {
  AUTH_REFUSED: 'refused with status 401',
  AUTH_FORBIDDEN: 'refused with status 403',
  AUTH_NO_TOKEN: 'not sent: `token` or `refresh` failed',
  AUTH_INVALID_TOKEN: 'not sent: the token cannot stand in a header',
  AUTH_REDIRECT: 'redirected; set `redirect` to let the credentials go along',
};

/** The call could not be made with these credentials. It is not sent again. */
export class AuthError extends KyError {
  override readonly name = 'AuthError';
  readonly code: AuthErrorCode;
  /** As it was sent, without the credentials. */
  readonly request: Request;

  constructor(code: AuthErrorCode, request: Request, cause?: unknown) {
    super(`${request.method} ${redactUrl(request.url)} was ${told[code]}`);
    this.code = code;
    this.request = request;
    if (cause !== undefined) this.cause = cause;
  }

  /** The answer, where one came; its body was read into `data`. */
  get response(): Response | undefined {
    return this.#answer?.response;
  }

  /** The body of the answer, as ky's `HTTPError` has it. */
  get data(): unknown {
    return this.#answer?.data;
  }

  get #answer(): HTTPError | undefined {
    return isHTTPError(this.cause) ? this.cause : undefined;
  }
}

/** Whether the value is an {@link AuthError}, also one made by another copy of this package. */
export function isAuthError(value: unknown): value is AuthError {
  return value instanceof Error && String((value as Partial<AuthError>).code).startsWith('AUTH_');
}
