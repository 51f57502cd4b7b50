import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, StackContextManager, TracerProvider } from '@opentelemetry/sdk-trace';
import ky from 'ky';
import { otel } from '../../src/index.ts';

// Runs on a real page: registers the SDK, makes calls, sends the spans, and says that it is done.

const given = new URLSearchParams(location.search);
const collector = given.get('collector')!;
const elsewhere = given.get('elsewhere')!;

const provider = new TracerProvider({
  spanProcessors: [
    new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${collector}/v1/traces` }) }),
  ],
});
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new StackContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

const tracer = provider.getTracer('page');
const api = ky.create({ retry: { limit: 1, delay: () => 5 } }).extend(otel());

/** In a span of its own. In a browser no context survives an `await`: the layer has to keep it. */
async function inSpan(name: string, work: () => Promise<unknown>): Promise<void> {
  const span = tracer.startSpan(name, {}, ROOT_CONTEXT);
  await context.with(trace.setSpan(ROOT_CONTEXT, span), work);
  span.end();
}

await Promise.all([
  inSpan('one', () => api.get('/flaky?from=one').json()),
  inSpan('two', () => api.get('/flaky?from=two').json()),
  inSpan('three', () => api.get(`${elsewhere}/plain`).json()),
  inSpan('four', () => api.get(`${elsewhere}/traced`, otel({ propagate: [elsewhere] })).json()),
]);
await provider.forceFlush();
document.title = 'done';
