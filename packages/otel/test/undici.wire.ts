import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, createContextKey, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import ky from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { otel, type OtelOptions } from '../src/index.ts';
import { type Sdk, sdk } from './sdk.ts';

// Node's fetch, instrumented, with this layer above it, over real sockets.

const undiciScope = '@opentelemetry/instrumentation-undici';
const suppressed = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

let memory: Sdk;
let instrumentation: UndiciInstrumentation;
let received: IncomingHttpHeaders[];
let url: string;
const server = createServer((request, response) => {
  received.push(request.headers);
  response.statusCode = received.length === 1 ? 503 : 200;
  response.end('{}');
});

beforeEach(async () => {
  received = [];
  memory = sdk();
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  instrumentation = new UndiciInstrumentation();
  instrumentation.setTracerProvider(memory.providers.tracerProvider);
  instrumentation.setMeterProvider(memory.providers.meterProvider);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/users/42`;
});
afterEach(async () => {
  instrumentation.disable();
  context.disable();
  propagation.disable();
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
});

/** A call that is retried once, made inside a span of the application's. */
async function call(options: OtelOptions): Promise<string> {
  const tracer = memory.providers.tracerProvider.getTracer('application');
  const span = tracer.startSpan('application');
  const api = ky
    .create({ retry: { limit: 1, delay: () => 1 } })
    .extend(otel({ ...memory.providers, ...options }));
  await context.with(trace.setSpan(context.active(), span), () => api.get(url).json());
  span.end();
  return span.spanContext().spanId;
}

const idOf = (header: unknown): string | undefined =>
  /^00-[\da-f]{32}-([\da-f]{16})-01$/.exec(String(header))?.[1];

describe('with instrumentation-undici beside it', () => {
  test('where this layer writes the headers there is one span for each request, and one traceparent', async () => {
    const parent = await call({});
    const spans = memory.spans.filter(({ name }) => name === 'GET');
    expect(spans.map(({ instrumentationScope }) => instrumentationScope.name)).toEqual([
      '@kyhooks/otel',
      '@kyhooks/otel',
    ]);
    expect(spans.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([parent, parent]);
    // Two headers would arrive joined by a comma, and be no trace context.
    expect(received.map(({ traceparent }) => idOf(traceparent))).toEqual(
      spans.map((span) => span.spanContext().spanId),
    );
  });

  test('where it does not, the instrumentation’s span is a child of ours, and writes them', async () => {
    const parent = await call({ propagate: false });
    const own = memory.spans.filter(({ instrumentationScope: { name } }) => name === '@kyhooks/otel');
    const below = memory.spans.filter(({ instrumentationScope: { name } }) => name === undiciScope);
    expect(own.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual([parent, parent]);
    expect(below.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
      own.map((span) => span.spanContext().spanId),
    );
    expect(received.map(({ traceparent }) => idOf(traceparent))).toEqual(
      below.map((span) => span.spanContext().spanId),
    );
  });

  test('a hook keeps the instrumentation from counting a request again', async () => {
    const counted = async (): Promise<number> =>
      (await memory.points('http.client.request.duration')).reduce((sum, { count = 0 }) => sum + count, 0);
    instrumentation.setConfig({ ignoreRequestHook: () => context.active().getValue(suppressed) === true });
    await call({});
    expect(await counted()).toBe(2);
  });

  test('requests of others keep their spans', async () => {
    await call({});
    await (await fetch(url)).text();
    expect(memory.spans.map(({ instrumentationScope: { name } }) => name)).toEqual([
      '@kyhooks/otel',
      '@kyhooks/otel',
      'application',
      undiciScope,
    ]);
    expect(received).toHaveLength(3);
    expect(idOf(received[2]?.['traceparent'])).toBe(memory.spans[3]?.spanContext().spanId);
  });
});
