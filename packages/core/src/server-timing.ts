import { parseHttpDate } from './http-date.ts';

/**
 * Reads `Retry-After` (RFC 9110, section 10.2.3): whole seconds, or an HTTP-date in any of its three forms. Strict: a
 * sign, a fraction, an exponent, several values or any other text give `undefined`, as if the field were absent.
 *
 * @param now milliseconds since the epoch
 * @returns the pause the server asks for, in milliseconds from now, at least 0; it can be far above what a timer holds
 */
export function parseRetryAfter(value: string | null, now: number = Date.now()): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = parseHttpDate(value, now);
  return date === undefined ? undefined : Math.max(0, date - now);
}
