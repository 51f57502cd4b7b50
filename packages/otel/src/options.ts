import {
  callback,
  type Check,
  either,
  headerName,
  listOf,
  oneOf,
  type Rule,
  rules,
  text,
} from '@kyhooks/core';
import type { AttemptRecord, CallRecord } from '@kyhooks/core';
import { type Origins, origins } from '@kyhooks/core/origins';
import { signatureKeys } from '@kyhooks/core/redact';
import type { Attributes, MeterProvider, TracerProvider } from '@opentelemetry/api';

/** What `attributes` is told when an attempt is over. */
export interface AttemptState {
  readonly call: CallRecord;
  readonly attempt: AttemptRecord;
  readonly request: Request;
  /** Absent when no answer came. Its body is the caller's: do not read it. */
  readonly response: Response | undefined;
  /** What was thrown when no answer came. */
  readonly error: unknown;
}

/** Options of `otel()`. */
export interface OtelOptions {
  /** Makes the spans. Without it the provider that is registered globally when a request is sent. */
  readonly tracerProvider?: TracerProvider;
  /** Makes the metrics. Without it the provider that is registered globally when a request is sent. */
  readonly meterProvider?: MeterProvider;
  /**
   * Who writes the headers of the trace (`traceparent`, `baggage`, whatever the global propagator does).
   *
   * - `true`: this layer, once for each attempt; on a web page only to the page's own origin, because elsewhere the
   *   headers cost a preflight, which the server must allow
   * - a list of origins, or a function of the URL: this layer, to these only (on a page its own origin as well)
   * - `false`: whoever stands below, such as the instrumentation of the runtime's `fetch`
   *
   * Unless it is `false`, `fetch` runs under suppressed tracing: an instrumentation below neither makes a second span
   * nor writes a second header.
   *
   * @default true
   */
  readonly propagate?: boolean | Origins;
  /**
   * Also a span of kind INTERNAL for the whole call, parent of the attempts, with events for waits and decisions. It
   * ends with the body, so bodies are watched.
   *
   * @default false
   */
  readonly callSpan?: boolean;
  /**
   * Headers that spans show, of requests and of responses; letter case is ignored. Those that carry credentials are
   * refused.
   *
   * @default []
   */
  readonly headers?: readonly string[];
  /**
   * Keys of the query whose values spans do not show; case-sensitive. The list replaces the default.
   *
   * Source: the OpenTelemetry HTTP conventions, v1.41 to v1.44, the union of their lists.
   *
   * @default ['AWSAccessKeyId', 'Signature', 'sig', 'X-Goog-Signature', 'X-Amz-Signature', 'X-Amz-Credential', 'X-Amz-Security-Token']
   */
  readonly redact?: readonly string[];
  /** More attributes for the span of an attempt. If it throws, there are none, and the record says so. */
  readonly attributes?: (state: AttemptState) => Attributes;
}

/** The defaults of {@link OtelOptions}. */
export const otelDefaults: Required<Pick<OtelOptions, 'propagate' | 'callSpan' | 'headers' | 'redact'>> = {
  propagate: true,
  callSpan: false,
  headers: [],
  redact: signatureKeys,
};

const credentials = /^(?:(?:proxy-)?authorization|(?:set-)?cookie)$/i;

const header: Rule = {
  text: 'the name of a header without credentials',
  test: (value) => headerName.test(value) && !credentials.test(value as string),
};

export const check: Check<OtelOptions> = /* @__PURE__ */ rules<OtelOptions>({
  tracerProvider: /* @__PURE__ */ provider('getTracer'),
  meterProvider: /* @__PURE__ */ provider('getMeter'),
  propagate: /* @__PURE__ */ either(/* @__PURE__ */ oneOf(true, false), origins),
  callSpan: /* @__PURE__ */ oneOf(true, false),
  headers: /* @__PURE__ */ listOf(header),
  redact: /* @__PURE__ */ listOf(text),
  attributes: callback,
});

function provider(method: string): Rule {
  return {
    text: `an object with ${method}()`,
    test: (value) => typeof (value as Record<string, unknown> | null)?.[method] === 'function',
  };
}
