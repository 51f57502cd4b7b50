import type { Outcome } from '@kyhooks/core';
import { isUnprocessed } from '@kyhooks/core/classify';

/** Statuses by which a server refuses before it acts: Misdirected Request (RFC 9110), Too Early (RFC 8470). */
const unprocessed = [421, 425];

/**
 * Why a second request does no harm, to be added to the reason: nothing to add where the method is known for it;
 * `undefined` where it may do harm.
 */
export function whySafe(
  { call, request, error, response }: Outcome,
  methods: readonly string[],
): string | undefined {
  if (names(methods, request.method)) return '';
  if (call.replaySafe) return ', and the call may be sent twice';
  const refused = response ? unprocessed.includes(response.status) : isUnprocessed(error);
  return refused ? ', and it was not processed' : undefined;
}

/** Whether the list names the method, in whatever case. */
export function names(methods: readonly string[], method: string): boolean {
  return methods.some((name) => name.toUpperCase() === method.toUpperCase());
}
