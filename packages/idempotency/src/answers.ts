import type { Failure, Outcome, Verdict } from '@kyhooks/core';
import { readServerTiming } from '@kyhooks/core/server-timing';
import { type HTTPError, isHTTPError } from 'ky';
import { IdempotencyHTTPError, isIdempotencyError } from './errors.ts';
import { type IdempotencyOptions, resolve } from './options.ts';

/** First wait for a request that still runs, and the longest, in milliseconds. Source of the first: stripe-node. */
const base = 500;
const cap = 8_000;
/** Longest pause of a server's that is waited for where ky's `maxRetryAfter` does not say, in milliseconds. */
const longestPause = 60_000;

/** Methods that no server wants a key for. */
const isRead = /^(?:GET|HEAD|OPTIONS)$/;

/** Gives what the server refused for its key a class of its own, and sees to it that it is not sent again. */
export function identify({ error, call }: Failure, options: IdempotencyOptions): Error | undefined {
  if (!isHTTPError(error) || isIdempotencyError(error)) return undefined;
  const { reused, missing, hint } = resolve(options);
  const signs = signsOf(error);
  if (hint && error.response.headers.get(hint) === 'false')
    call.sendOnce ??= `the server says ${hint}: false`;
  const isReused = call.idempotencyKey !== undefined && reused?.test(signs);
  const isMissing = !isRead.test(error.request.method) && missing?.test(signs);
  const code = isReused ? 'IDEMPOTENCY_KEY_REUSED' : isMissing && 'IDEMPOTENCY_KEY_MISSING';
  if (!code) return undefined;
  call.sendOnce ??= 'the server refuses it for its idempotency key';
  return new IdempotencyHTTPError(error, code);
}

/** A first request that still runs is waited for, by whoever sends again. */
export function decide(
  { call, error, response, retryCount, ky }: Outcome,
  options: IdempotencyOptions,
): Verdict | undefined {
  if (!response) return undefined;
  // Where no layer sends again, ky might, by rules of its own.
  if (call.sendOnce && !call.resends) return { verdict: 'stop', reason: call.sendOnce };
  if (call.idempotencyKey === undefined || !call.replaySafe || call.sendOnce) return undefined;
  const { inProgress, hint, pause: least = 0 } = resolve(options);
  const hinted = hint && response.headers.get(hint) === 'true';
  if (!hinted && !inProgress?.test(signsOf(error as HTTPError))) return undefined;
  const reason = hinted ? `the server says ${hint}: true` : 'the first request with this key still runs';
  if (!call.resends) return { verdict: 'stop', reason: `${reason}, and no layer sends again` };
  const { pauseMs: pause } = readServerTiming(response);
  if (pause === undefined)
    return { verdict: 'retry', delay: Math.max(least, Math.min(cap, base * 2 ** retryCount)), reason };
  if (pause > (ky.maxRetryAfter ?? longestPause))
    return { verdict: 'stop', reason: `${reason}, but the server's pause of ${pause} ms is too long` };
  call.notBeforeMs = call.elapsedMs + pause;
  return {
    verdict: 'retry',
    delay: call.paced ? 0 : pause,
    reason: `${reason}, the server asks for a pause`,
  };
}

/** What tells answers apart, in one line. Of a status that ky does not throw nobody has read the body. */
function signsOf({ response: { status, headers }, data }: HTTPError): string {
  return `${status} ${headers.has('retry-after') ? 'retry-after ' : ''}${jsonOf(data)}`;
}

/** What a schema makes of the data of an error need not be JSON. */
function jsonOf(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined;
  }
}
