import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { retry } from '@kyhooks/retry';
import { networkError, scriptedWire, virtualClock } from '@kyhooks/testing';
import { auth } from '@kyhooks/auth';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import ky from 'ky';
import { afterAll, beforeAll, expect, test } from 'vitest';

const count = 1_000;

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

test(
  `${count} calls at once through limiter, retry and auth keep their own parents`,
  { timeout: 60_000 },
  async () => {
    using clock = virtualClock();
    // Of any four requests one breaks, one is refused, and two go through.
    const replies = Array.from(
      { length: 4 * count },
      (_, index) =>
        [{ status: 503 }, { error: networkError('ECONNRESET') }, { json: {}, afterMs: 3 }, { json: {} }][
          index % 4
        ]!,
    );
    const wire = scriptedWire(clock, { replies });
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const tracer = tracerProvider.getTracer('callers');
    const api = ky
      .create({ fetch: wire.fetch })
      .extend(otel({ tracerProvider, callSpan: true }))
      .extend(rateLimit({ maxConcurrent: 20, queue: { limit: count } }))
      .extend(auth({ token: () => 'secret' }))
      .extend(retry({ limit: 50, budget: false }));

    const callers = Array.from({ length: count }, (_, index) =>
      tracer.startSpan(`caller ${index}`, {}, ROOT_CONTEXT),
    );
    const calls = callers.map((span, index) =>
      context.with(trace.setSpan(ROOT_CONTEXT, span), async () => {
        await api.get(`https://api.test/${index}`).json();
        // What runs behind the call is in the caller's context again.
        expect(trace.getActiveSpan()).toBe(span);
      }),
    );
    await clock.finish(Promise.all(calls));

    const spans = exporter.getFinishedSpans();
    const whole = spans.filter(({ name }) => name.startsWith('call '));
    const attempts = spans.filter(({ name }) => name === 'GET');
    expect(whole).toHaveLength(count);
    expect(attempts.length).toBeGreaterThan(1.5 * count);
    const callerOf = (url: unknown): (typeof callers)[number] =>
      callers[Number(new URL(String(url)).pathname.slice(1))]!;
    const callSpans = new Map(whole.map((span) => [span.attributes['url.full'], span]));
    for (const { attributes, parentSpanContext } of whole) {
      expect(parentSpanContext?.spanId).toBe(callerOf(attributes['url.full']).spanContext().spanId);
    }
    for (const span of attempts) {
      const { attributes, parentSpanContext } = span;
      expect(parentSpanContext?.spanId).toBe(callSpans.get(attributes['url.full'])?.spanContext().spanId);
      expect(span.spanContext().traceId).toBe(callerOf(attributes['url.full']).spanContext().traceId);
    }
    expect(wire.exchanges).toHaveLength(attempts.length);
  },
);
