import type { Call, CallRecord } from './call.ts';
import { teachToPrint } from './print-call.ts';

/** Registered, so that two copies of this package find each other's records. */
const callKey = Symbol.for('kyhooks.call');

/** Ties a response or an error to its call, where nobody sees it. What cannot be extended stays untied. */
export function trace(outcome: object, call: Call): void {
  // A WeakMap would do the same at five times the cost, half of it in the collector (`npm run bench`).
  Reflect.defineProperty(outcome, callKey, { value: call, configurable: true });
}

/**
 * The record of the call that gave this response or error; `undefined` for anything else, and for calls without a
 * layer. The record lives on while the call does: the body's times come after the headers. `String(record)` and
 * `console.log(record)` draw it.
 *
 * Where several calls were aborted with one reason, the reason gives the last of them.
 *
 * ky answers with a response of its own under `onDownloadProgress`; use `onSettled` there.
 */
export function traceOf(responseOrError: unknown): CallRecord | undefined {
  const call = (responseOrError as { readonly [callKey]?: Call } | null | undefined)?.[callKey];
  // Of the call, because another copy of this package may have made it.
  if (call) teachToPrint(Object.getPrototypeOf(call) as Call);
  return call;
}
