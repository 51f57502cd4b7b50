import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import ky from 'ky';
import { expect, test } from 'vitest';
import { otel } from '../src/index.ts';
import conventions from './conventions.json' with { type: 'json' };
import { receiver } from './receiver.ts';

test('what the OTLP exporter sends arrives as spans and metrics by the conventions', async () => {
  await using collector = await receiver();
  let requests = 0;
  const server = createServer((_, response) => {
    response.statusCode = ++requests === 1 ? 503 : 200;
    response.end('{}');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const tracerProvider = new TracerProvider({
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${collector.url}/v1/traces` }) }),
    ],
  });
  const meterProvider = new MeterProvider({
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${collector.url}/v1/metrics` }),
      }),
    ],
  });

  const api = ky
    .create({ retry: { limit: 1, delay: () => 20 } })
    .extend(otel({ tracerProvider, meterProvider, callSpan: true, headers: ['x-request-id'] }));
  await api.get(`http://127.0.0.1:${port}/users/42?sig=secret`, { headers: { 'x-request-id': 'r1' } }).json();
  await tracerProvider.shutdown();
  await meterProvider.shutdown();
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));

  const [first, second, call] = collector.spans;
  expect(collector.spans.map(({ name, scope }) => [name, scope])).toEqual([
    ['GET', '@kyhooks/otel'],
    ['GET', '@kyhooks/otel'],
    ['call GET', '@kyhooks/otel'],
  ]);
  const shared = {
    'http.request.method': 'GET',
    'server.address': '127.0.0.1',
    'server.port': port,
    'url.full': `http://127.0.0.1:${port}/users/42?sig=REDACTED`,
    'http.request.header.x-request-id': ['r1'],
  };
  // In OTLP kinds count from 1.
  expect(first).toMatchObject({
    kind: SpanKind.CLIENT + 1,
    parentSpanId: call!.spanId,
    status: SpanStatusCode.ERROR,
    attributes: { ...shared, 'http.response.status_code': 503, 'error.type': '503' },
  });
  expect(second).toMatchObject({
    parentSpanId: call!.spanId,
    status: SpanStatusCode.UNSET,
    attributes: { ...shared, 'http.response.status_code': 200, 'http.request.resend_count': 1 },
  });
  expect(call).toMatchObject({
    kind: SpanKind.INTERNAL + 1,
    parentSpanId: undefined,
    attributes: { 'kyhooks.call.attempts': 2, 'kyhooks.call.outcome': 'ok' },
    events: [
      { name: 'kyhooks.decision' },
      { name: 'kyhooks.wait', attributes: { 'kyhooks.wait': 'backoff' } },
    ],
  });
  expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(second!.startMs - first!.endMs).toBeGreaterThan(18);

  const { boundaries } = conventions.metrics['http.client.request.duration'];
  const duration = collector.metrics.find(({ name }) => name === 'http.client.request.duration');
  expect(duration).toMatchObject({ unit: 's', points: [{ boundaries }, { boundaries }] });
  expect(collector.metrics.map(({ name }) => name).sort()).toEqual([
    'http.client.active_requests',
    'http.client.request.duration',
    'kyhooks.client.decisions',
    'kyhooks.client.wait.duration',
  ]);
});
