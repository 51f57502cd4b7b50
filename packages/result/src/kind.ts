import { traceOf } from '@kyhooks/core';
import { isTransient } from '@kyhooks/core/classify';
import { isHTTPError, isNetworkError, isTimeoutError } from 'ky';
import type { FailureKind } from './types.ts';

/** The layers' errors carry codes; their classes are not known here. */
const codes =
  /^(?:(RATE_LIMIT|AUTH|IDEMPOTENCY)_|(SCHEMA)(?:_|$)|(?:(?:ATTEMPT|TOTAL|BODY)_TIMEOUT|DEADLINE)$)/;

/** An error and what it wraps, the outermost first. Any object counts: a signal may abort with one that is no Error. */
export function withCauses(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  // Bounded, because a cause can point back at its own error.
  for (let at = error; chain.length < 8 && typeof at === 'object' && at !== null; at = (at as Error).cause)
    chain.push(at as Error);
  return chain;
}

/** What kind of failure an error is: the first that one of these is known for. */
export function kindOf(chain: readonly Error[]): FailureKind {
  for (const error of chain) {
    const kind = ownKind(error);
    if (kind) return kind;
  }
  return 'unknown';
}

function ownKind(error: Error): FailureKind | undefined {
  // The caller's signal first: its reason may have any name.
  if (traceOf(error)?.outcome === 'aborted') return 'aborted';
  const { code, name } = error as Error & { readonly code?: unknown };
  const known = codes.exec(code as string);
  // `RATE_LIMIT_QUEUE_FULL` is of the kind `rate-limit`.
  if (known) return ((known[1] ?? known[2])?.toLowerCase().replace('_', '-') ?? 'timeout') as FailureKind;
  if (isHTTPError(error)) return 'http';
  // A `TimeoutError` that is not ky's comes from an `AbortSignal.timeout()` of the caller's.
  if (isTimeoutError(error)) return 'request' in error ? 'timeout' : 'aborted';
  if (name === 'AbortError') return 'aborted';
  if (name === 'SchemaValidationError') return 'schema';
  if (name === 'SyntaxError') return 'parse';
  // ky wraps what breaks before the headers; what breaks in the body comes as the platform throws it.
  if (isNetworkError(error) || isTransient(error) || (name === 'TypeError' && bodyBroke.test(error.message)))
    return 'network';
  return undefined;
}

/** What Node, Chromium, Firefox and Safari say of a body that breaks. */
const bodyBroke =
  /^(?:terminated|network error|NetworkError when|Error in (?:input|body) stream|Load failed|Failed to fetch)/;
