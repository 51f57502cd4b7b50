import { callback, type Check, duration, either, headerName, rules, text } from '@kyhooks/core';
import { origins, type Origins } from '@kyhooks/core/origins';

/** A token, with its end where that is known; that of a JWT is read from its `exp`. */
export type GivenToken = string | { readonly token: string; readonly expiresAt?: number | Date };

/** Sets headers of the request, or gives another one to be sent in its place. */
export type Sign = (request: Request, token: string | undefined) => void | Request | Promise<void | Request>;

/** Options of `auth()`. */
export interface AuthOptions {
  /**
   * The token, or a function that gives the present one. It is asked for each request before that waits for anything, in
   * the context of the call, so that a server can give each user's own. `undefined` sends the request without.
   */
  readonly token?: string | (() => GivenToken | undefined | Promise<GivenToken | undefined>);
  /**
   * Gets a new token when the present one was refused, or is about to end; once for any number of callers. It is told the
   * old one. It gives the new one, or nothing when `token` gives it from now on.
   *
   * Calls that it makes through this layer would wait for themselves: give them `auth(false)`.
   */
  readonly refresh?: (token: string | undefined) => GivenToken | void | Promise<GivenToken | void>;
  /**
   * Refreshes so long before the token ends, in milliseconds; at most half of its life.
   *
   * @default 30_000
   */
  readonly refreshBefore?: number;
  /**
   * What stands before the token in the header; empty for nothing.
   *
   * Source: RFC 6750, section 2.1.
   *
   * @default 'Bearer'
   */
  readonly scheme?: string;
  /**
   * The header that takes the token.
   *
   * @default 'authorization'
   */
  readonly header?: string;
  /** Signs the request in any other way, in place of the header: a function, or `inQuery()`. */
  readonly sign?: Sign;
  /**
   * Where the credentials may go.
   *
   * @default the origin of ky's `baseUrl` or `prefix`; without one, wherever the instance sends
   */
  readonly origins?: Origins;
}

/** The defaults of {@link AuthOptions}. */
export const authDefaults: Required<Pick<AuthOptions, 'refreshBefore' | 'scheme' | 'header'>> = {
  refreshBefore: 30_000,
  scheme: 'Bearer',
  header: 'authorization',
};

export const check: Check<AuthOptions> = /* @__PURE__ */ rules<AuthOptions>({
  token: /* @__PURE__ */ either({ ...text, secret: true }, callback),
  refresh: callback,
  refreshBefore: /* @__PURE__ */ duration(),
  scheme: { text: 'a string', test: (value) => typeof value === 'string' },
  header: headerName,
  sign: callback,
  origins,
});
