import { parseRetryAfter } from '@kyhooks/core/server-timing';
import type { ResolvedRetryOptions } from './options.ts';

/** The pause the server asks for, in milliseconds; `undefined` when it names none. */
export function serverPause(
  response: Response | undefined,
  { heeds }: ResolvedRetryOptions,
): number | undefined {
  return response && heeds(response.status)
    ? parseRetryAfter(response.headers.get('retry-after'))
    : undefined;
}
