import type { GivenToken } from './options.ts';

/** When a token ends, in milliseconds since the epoch; `Infinity` where that is not known. */
export function expiryOf(given: GivenToken): number {
  if (typeof given === 'string') return jwtExpiry(given);
  const { token, expiresAt } = given;
  const end = Number(expiresAt);
  // What is no date says nothing: else each call would find the time to refresh.
  return Number.isNaN(end) ? jwtExpiry(token) : end;
}

/**
 * `exp` of a JWT (RFC 7519, section 4.1.4). It is believed for planning ahead only: nothing is refused by it, and what is
 * no JWT has none.
 */
function jwtExpiry(token: string): number {
  const [, payload, signature] = token.split('.');
  // No JWT: known without an exception, which would cost more than the call.
  if (signature === undefined) return Infinity;
  try {
    const { exp } = JSON.parse(atob(payload!.replaceAll('-', '+').replaceAll('_', '/'))) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : Infinity;
  } catch {
    return Infinity;
  }
}
