import { allows } from '@kyhooks/core/origins';
import { type Context, createContextKey, propagation, type TextMapSetter } from '@opentelemetry/api';
import { otelDefaults, type OtelOptions } from './options.ts';

const setter: TextMapSetter<Headers> = { set: (headers, name, value) => headers.set(name, value) };

/** Writes the trace into the headers, where it may go. */
export function inject(context: Context, { url, headers }: Request, { propagate }: OtelOptions): void {
  if (mayGoTo(url, propagate ?? otelDefaults.propagate)) propagation.inject(context, headers, setter);
}

function mayGoTo(url: string, propagate: NonNullable<OtelOptions['propagate']>): boolean {
  const page = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  // Without a page everybody may be sent them.
  if (propagate === true) return allows(undefined, url, page);
  return propagate && (allows(propagate, url) || (page !== undefined && allows(undefined, url, page)));
}

/** The key of the SDK's `suppressTracing()`; the same in all its versions. */
const suppressed = /* @__PURE__ */ createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** What `fetch` runs in: this span is active, and nobody below makes another or writes the headers again. */
export function contextBelow(context: Context, { propagate }: OtelOptions): Context {
  return propagate === false ? context : context.setValue(suppressed, true);
}
