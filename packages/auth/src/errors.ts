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
  AUTH_REFUSED: 'The credentials were refused (status 401)',
  AUTH_FORBIDDEN: 'The credentials do not suffice (status 403)',
  AUTH_NO_TOKEN: 'There is no token: `token` or `refresh` failed',
  AUTH_INVALID_TOKEN: 'The token cannot stand in a header',
  AUTH_REDIRECT: 'The server redirects, and the credentials would go along; set `redirect` to have that',
};

/** The call could not be made with these credentials. It is not sent again. */
export class AuthError extends KyError {
  override readonly name = 'AuthError';
  readonly code: AuthErrorCode;
  /** As it was sent, without the credentials. */
  readonly request: Request;

  constructor(code: AuthErrorCode, request: Request, cause?: unknown) {
    super(`${told[code]}: ${request.method} ${redactUrl(request.url)}`);
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
