import type { AttemptRecord, CallRecord, Decision } from '@kyhooks/core';
import { redactUrl } from '@kyhooks/core/redact';
import {
  type Attributes,
  type Context,
  type HrTime,
  type Span,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { type CallState, stateOf } from './call-state.ts';
import { count } from './count.ts';
import { metersOf, tracerOf } from './listening.ts';
import { methodOf, nameOf } from './method.ts';
import type { OtelOptions } from './options.ts';
import { requestAttributes } from './server.ts';

/** What the spans of the attempts hang on: the span of the call where there is one, else the caller's context. */
export function parentOf(call: CallRecord, tracer: Tracer | undefined, { callSpan }: OtelOptions): Context {
  const state = stateOf(call);
  return tracer && callSpan ? trace.setSpan(state.context, spanOf(call, tracer, state)) : state.context;
}

/** Begun when it is needed first, for then the request is known; its time is that of the call. */
function spanOf(call: CallRecord, tracer: Tracer, state: CallState): Span {
  return (state.span ??= tracer.startSpan(
    call.method ? `call ${nameOf(methodOf(call.method), call.route)}` : 'call',
    { startTime: at(call, 0) },
    state.context,
  ));
}

/** The call is over. Without a span of the call bodies are not watched: it hears of failures only. */
export function finish(call: CallRecord, options: OtelOptions): void {
  const meters = metersOf(options);
  if (meters && call.url) count(call, meters, requestAttributes(call.method, call.url));
  const tracer = options.callSpan && tracerOf(options);
  if (tracer) end(spanOf(call, tracer, stateOf(call)), call, options);
}

function end(span: Span, call: CallRecord, { redact }: OtelOptions): void {
  const { id, method, url, outcome, error, attempts, durationMs = 0 } = call;
  span.setAttributes({
    // A call may end before its request is known.
    ...(url && { 'http.request.method': methodOf(method), 'url.full': redactUrl(url, redact) }),
    'kyhooks.call.id': id,
    'kyhooks.call.attempts': attempts.length,
    'kyhooks.call.outcome': outcome,
    ...(error !== undefined && { 'error.type': error }),
  });
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
  for (const { name, atMs, attributes } of eventsOf(call)) span.addEvent(name, attributes, at(call, atMs));
  span.end(at(call, durationMs));
}

interface Event {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** The waits and decisions of the record, in the order of their times. */
function eventsOf({ attempts, decisions }: CallRecord): Event[] {
  const events = decisions.map((decision) => decided(decision, attempts[decision.attempt - 1]));
  for (const { number, startMs, backoffMs, gateMs, queuedMs } of attempts) {
    const waited = (kind: string, ms: number, atMs: number): void => {
      if (ms > 0)
        events.push({
          name: 'kyhooks.wait',
          atMs,
          attributes: { 'kyhooks.attempt': number, 'kyhooks.wait': kind, 'kyhooks.delay': ms / 1000 },
        });
    };
    waited('backoff', backoffMs, startMs);
    waited('queue', queuedMs, startMs + gateMs);
  }
  return events.sort((a, b) => a.atMs - b.atMs);
}

/** The record has no time for a decision: a verdict is found when its attempt is over, all else before it is sent. */
function decided({ attempt, layer, verdict, reason, delayMs }: Decision, of?: AttemptRecord): Event {
  const { startMs = 0, gateMs = 0, headersMs = 0 } = of ?? {};
  return {
    name: 'kyhooks.decision',
    atMs: verdict === 'retry' || verdict === 'stop' ? startMs + gateMs + headersMs : startMs,
    attributes: {
      'kyhooks.attempt': attempt,
      'kyhooks.layer': layer,
      'kyhooks.verdict': verdict,
      'kyhooks.reason': reason,
      ...(delayMs !== undefined && { 'kyhooks.delay': delayMs / 1000 }),
    },
  };
}

/** In seconds and nanoseconds: a plain number may be taken for a time since the process began. */
function at({ startTimeMs }: CallRecord, ms: number): HrTime {
  const time = startTimeMs + ms;
  const seconds = Math.floor(time / 1000);
  return [seconds, Math.round((time - seconds * 1000) * 1e6)];
}
