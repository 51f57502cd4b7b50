import type { Call, CallRecord } from './call.ts';

interface Shared {
  readonly traces: WeakMap<object, Call>;
}

const sharedKey = Symbol.for('kyhooks');

/** What two copies of this package share. Made when first needed: an import has no side effects. */
function shared(): Shared {
  return ((globalThis as { [sharedKey]?: Shared })[sharedKey] ??= { traces: new WeakMap() });
}

/** Ties a response or an error to its call. */
export function trace(outcome: unknown, call: Call): void {
  if (typeof outcome === 'object' && outcome !== null) shared().traces.set(outcome, call);
}

/**
 * The record of the call that gave this response or error; `undefined` for anything else, and for calls without a
 * layer. The record lives on while the call does: the body's times come after the headers.
 *
 * ky answers with a response of its own under `onDownloadProgress`; use `onSettled` there.
 */
export function traceOf(responseOrError: unknown): CallRecord | undefined {
  return typeof responseOrError === 'object' && responseOrError !== null
    ? shared().traces.get(responseOrError)
    : undefined;
}
