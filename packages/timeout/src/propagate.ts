import type { Pass } from '@kyhooks/core';
import { allows } from '@kyhooks/core/origins';
import type { PropagateOptions, TimeoutOptions } from './options.ts';

/** Tells the server, behind all waiting, how much of the call's time remains. */
export function propagate({ call, attempt, request, ky }: Pass, options: TimeoutOptions): void {
  const { header, origins, format = String } = options.propagate as PropagateOptions;
  const remainingMs = Math.floor(call.remainingMs);
  if (remainingMs === Infinity) return;
  if (allows(origins, request.url, ky.baseUrl)) request.headers.set(header, format(remainingMs));
  // A hook may send it again elsewhere, with the headers of the attempt before.
  else if (attempt.number > 1) request.headers.delete(header);
}
