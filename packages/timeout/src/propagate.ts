import type { Pass } from '@kyhooks/core';
import { allows } from '@kyhooks/core/origins';
import type { PropagateOptions, TimeoutOptions } from './options.ts';

/** Tells the server, behind all waiting, how much of the call's time remains. */
export function propagate({ call, request, ky }: Pass, options: TimeoutOptions): void {
  const { header, origins, format = String } = options.propagate as PropagateOptions;
  const remainingMs = Math.floor(call.remainingMs);
  if (remainingMs !== Infinity && allows(origins, request.url, ky.baseUrl))
    request.headers.set(header, format(remainingMs));
}
