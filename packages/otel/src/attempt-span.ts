import type { Attempt, Call, Next, Send } from '@kyhooks/core';
import { errorCode } from '@kyhooks/core/classify';
import { redactUrl } from '@kyhooks/core/redact';
import {
  type Attributes,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { parentOf } from './call-span.ts';
import { contextOf } from './call-state.ts';
import { count } from './count.ts';
import { metersOf, tracerOf } from './listening.ts';
import { nameOf } from './method.ts';
import type { AttemptState, OtelOptions } from './options.ts';
import { contextBelow, inject } from './propagate.ts';
import { requestAttributes } from './server.ts';

/** One attempt: span, metrics and headers, from sending to the headers of the answer. */
export function observe(
  { call, attempt, request }: Send,
  next: Next,
  options: OtelOptions,
): Promise<Response> {
  const tracer = tracerOf(options);
  const meters = metersOf(options);
  // Nobody listens, and there is no trace to pass on.
  if (!tracer && !meters && contextOf(call) === ROOT_CONTEXT) return next();

  const common = requestAttributes(request.method, request.url);
  const template = call.route === undefined ? undefined : { 'url.template': call.route };
  const sentMs = call.elapsedMs;
  if (meters) {
    count(call, meters, common, attempt);
    meters.active.add(1, { ...common, ...template });
  }
  let active = contextOf(call);
  const span = safely(call, 'the tracer', () => {
    active = parentOf(call, tracer, options);
    const begun = tracer?.startSpan(
      nameOf(common['http.request.method'] as string, call.route),
      {
        kind: SpanKind.CLIENT,
        attributes: { ...startAttributes(call, request, common, options), ...template },
      },
      active,
    );
    if (begun) active = trace.setSpan(active, begun);
    return begun;
  });
  // What is in the baggage may be what no header can hold.
  safely(call, 'the propagator', () => inject(active, request, options));

  let response: Response | undefined;
  let error: unknown;
  // Whatever the way: ky may give an attempt up while `fetch` takes no notice.
  attempt.defer(() => {
    const answered = endAttributes(call, attempt, request, error);
    if (meters) {
      meters.active.add(-1, { ...common, ...template });
      meters.duration.record((call.elapsedMs - sentMs) / 1000, { ...common, ...answered });
    }
    if (span) end(span, answered, { call, attempt, request, response, error }, options);
  });
  return context.with(contextBelow(active, options), async () => {
    try {
      return (response = await next());
    } catch (thrown) {
      error = thrown;
      throw thrown;
    }
  });
}

/** What is known when the request is sent: samplers decide by it. */
function startAttributes(
  { attempts }: Call,
  { method, url }: Request,
  common: Attributes,
  { redact }: OtelOptions,
): Attributes {
  // A pass that the gate refused was not sent.
  const resends = attempts.filter(({ headersMs }) => headersMs !== undefined).length;
  return {
    ...common,
    'url.full': redactUrl(url, redact),
    ...(common['http.request.method'] !== method && { 'http.request.method_original': method }),
    ...(resends > 0 && { 'http.request.resend_count': resends }),
  };
}

/** How it ended, for span and metric alike. */
function endAttributes(call: Call, { status }: Attempt, request: Request, error: unknown): Attributes {
  const type = status === undefined ? failure(call, request, error) : status >= 400 && String(status);
  return {
    // An opaque response has no status.
    ...(status && { 'http.response.status_code': status }),
    ...(type && { 'error.type': type }),
  };
}

/** What failed, by a short name; `undefined` for an abort of the caller's, which is no failure. */
function failure({ signal, remainingMs }: Call, request: Request, error: unknown): string | undefined {
  if (signal?.aborted) return undefined;
  if (!request.signal.aborted) return error instanceof Error ? errorCode(error) : '_OTHER';
  // ky's clocks abort without a reason. Another reason is one of the caller's, in a signal inside a Request.
  if ((request.signal.reason as Error | undefined)?.name !== 'AbortError') return undefined;
  return remainingMs < 1 ? 'TOTAL_TIMEOUT' : 'ATTEMPT_TIMEOUT';
}

function end(
  span: Span,
  answered: Attributes,
  state: AttemptState & { readonly call: Call },
  { headers = [], attributes }: OtelOptions,
): void {
  span.setAttributes(answered);
  if (answered['error.type']) span.setStatus({ code: SpanStatusCode.ERROR });
  for (const name of headers) {
    for (const side of ['request', 'response'] as const) {
      const value = state[side]?.headers.get(name);
      if (typeof value === 'string') span.setAttribute(`http.${side}.header.${name.toLowerCase()}`, [value]);
    }
  }
  safely(state.call, 'attributes', () => attributes && span.setAttributes(attributes(state)));
  span.end();
}

/** Who only looks on must not break what is looked at. */
function safely<Value>(call: Call, what: string, act: () => Value): Value | undefined {
  try {
    return act();
  } catch (thrown) {
    call.decide('otel', 'threw', `${what} threw ${errorCode(thrown)}`);
    return undefined;
  }
}
