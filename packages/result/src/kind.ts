import { traceOf } from '@kyhooks/core';
import { isTransient } from '@kyhooks/core/classify';
import { isHTTPError, isNetworkError, isTimeoutError } from 'ky';
import type { FailureKind } from './types.ts';

/** The layers' errors carry codes; their classes are not known here. */
const codes =
  /^(?:(RATE_LIMIT|AUTH|IDEMPOTENCY)_|(SCHEMA)(?:_|$)|(?:(?:ATTEMPT|TOTAL|BODY)_TIMEOUT|DEADLINE)$)/;

/** What kind of failure an error is; of one that wraps another, the innermost is asked last. */
export function kindOf(error: unknown): FailureKind {
  // Bounded, because a cause can point back at its own error.
  for (let depth = 0, at = error; depth < 8 && at instanceof Error; depth++, at = at.cause) {
    const kind = ownKind(at);
    if (kind) return kind;
  }
  return 'unknown';
}

function ownKind(error: Error): FailureKind | undefined {
  // The caller's signal first: its reason may have any name.
  if (traceOf(error)?.outcome === 'aborted') return 'aborted';
  const { code, name } = error as Error & { readonly code?: unknown };
  const known = typeof code === 'string' && codes.exec(code);
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
