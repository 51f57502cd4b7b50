import { propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Options } from 'ky';

/** The real SDK with a batch processor, whose exporter throws everything away. */
export const sdk: { readonly tracerProvider: TracerProvider; readonly meterProvider: MeterProvider } = {
  tracerProvider: new TracerProvider({
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: {
          export: (_, done) => {
            done({ code: ExportResultCode.SUCCESS });
          },
          shutdown: () => Promise.resolve(),
        },
      }),
    ],
  }),
  meterProvider: new MeterProvider(),
};

/** What the SDK itself takes for the span of a request, its duration and its headers: the least an instrumentation does. */
export function spanByHand(
  { tracerProvider, meterProvider }: typeof sdk,
  fetch: () => Promise<Response>,
): NonNullable<Options['fetch']> {
  const tracer = tracerProvider.getTracer('by hand');
  const meter = meterProvider.getMeter('by hand');
  const duration = meter.createHistogram('http.client.request.duration', { unit: 's' });
  const active = meter.createUpDownCounter('http.client.active_requests');
  return async (request) => {
    const { method, url, headers } = request as Request;
    const { hostname } = new URL(url);
    const attributes = { 'http.request.method': method, 'server.address': hostname, 'server.port': 443 };
    const start = performance.now();
    active.add(1, attributes);
    const span = tracer.startSpan(method, {
      kind: SpanKind.CLIENT,
      attributes: { ...attributes, 'url.full': url },
    });
    propagation.inject(trace.setSpan(ROOT_CONTEXT, span), headers, {
      set: (carrier, name, value) => carrier.set(name, value),
    });
    const response = await fetch();
    span.setAttribute('http.response.status_code', response.status);
    span.end();
    active.add(-1, attributes);
    duration.record((performance.now() - start) / 1000, {
      ...attributes,
      'http.response.status_code': response.status,
    });
    return response;
  };
}
