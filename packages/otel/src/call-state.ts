import type { CallRecord } from '@kyhooks/core';
import { type Context, context, ROOT_CONTEXT, type Span } from '@opentelemetry/api';

/** What is known of a call besides its record. */
export interface CallState {
  /** Where the call was made: the parent of all its spans, whatever is active when they begin. */
  readonly context: Context;
  /** Of the whole call, once it is needed. */
  span?: Span;
  /** Decisions that were counted. */
  counted: number;
}

const states = /* @__PURE__ */ new WeakMap<CallRecord, CallState>();

/** Keeps the caller's context; to be called while it is active. */
export function keepContext(call: CallRecord): void {
  const active = context.active();
  // Without an SDK there is none, and nothing to remember.
  if (active !== ROOT_CONTEXT) states.set(call, { context: active, counted: 0 });
}

/** The context in which the call was made. */
export function contextOf(call: CallRecord): Context {
  return states.get(call)?.context ?? ROOT_CONTEXT;
}

export function stateOf(call: CallRecord): CallState {
  let state = states.get(call);
  if (!state) states.set(call, (state = { context: ROOT_CONTEXT, counted: 0 }));
  return state;
}
