import { outcome } from '@kyhooks/testing';
import { gate, layer } from '@kyhooks/core';
import {
  context,
  createNoopMeter,
  propagation,
  ROOT_CONTEXT,
  type TextMapPropagator,
  trace,
} from '@opentelemetry/api';
import {
  CompositePropagator,
  suppressTracing,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { StackContextManager } from '@opentelemetry/sdk-trace';
import ky from 'ky';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { otel, type OtelOptions } from '../src/index.ts';
import { stage } from './sdk.ts';

const w3c: TextMapPropagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
});
beforeAll(() => {
  propagation.setGlobalPropagator(w3c);
  context.setGlobalContextManager(new StackContextManager().enable());
});
afterAll(() => {
  propagation.disable();
  context.disable();
});
afterEach(() => vi.unstubAllGlobals());

const url = 'https://api.test/users/42';
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const remote = w3c.extract(
  ROOT_CONTEXT,
  { traceparent, tracestate: 'vendor=one', baggage: 'tenant=acme' },
  { get: (carrier, key) => carrier[key as 'traceparent'], keys: (carrier) => Object.keys(carrier) },
);

/** Where the tests are not on a page themselves, or are on another one. */
const onPage = (href: string | undefined): void => void vi.stubGlobal('location', href && { href });

test('the trace goes on in each attempt, with a parent of its own, and exactly one header', async () => {
  onPage(undefined);
  using at = stage({}, [{ status: 503 }, { status: 503 }, { json: {} }], { retry: 2 });
  await at.clock.finish(context.with(remote, () => outcome(at.api.get(url))));
  const sent = at.wire.exchanges.map(({ request }) => request.headers);
  expect(sent.map((headers) => headers.get('traceparent'))).toEqual(
    at.spans.map((span) => `00-4bf92f3577b34da6a3ce929d0e0e4736-${span.spanContext().spanId}-01`),
  );
  expect(new Set(at.spans.map((span) => span.spanContext().spanId)).size).toBe(3);
  expect(at.spans.map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
    Array.from({ length: 3 }, () => '00f067aa0ba902b7'),
  );
  for (const headers of sent) {
    expect(headers.get('tracestate')).toBe('vendor=one');
    expect(headers.get('baggage')).toBe('tenant=acme');
  }
});

test('a traceparent set by hand is replaced, not doubled', async () => {
  onPage(undefined);
  using at = stage({}, [{ json: {} }]);
  await at.clock.finish(at.api.get(url, { headers: { traceparent } }));
  const [header] = at.wire.exchanges.map(({ request }) => request.headers.get('traceparent'));
  expect(header).toBe(`00-${at.spans[0]!.spanContext().traceId}-${at.spans[0]!.spanContext().spanId}-01`);
});

test('without a parent each call is a trace of its own', async () => {
  using at = stage({}, [{ json: {} }]);
  await at.clock.finish(at.api.get(url));
  await at.clock.finish(at.api.get(url));
  expect(new Set(at.spans.map((span) => span.spanContext().traceId)).size).toBe(2);
});

describe('who is sent the headers', () => {
  const page = 'https://app.test/shop?x=1';
  const rows: readonly (readonly [string, string | undefined, OtelOptions['propagate'], string, boolean])[] =
    [
      ['a server: everybody', undefined, undefined, 'https://api.test/', true],
      ['a server, true: everybody', undefined, true, 'https://api.test/', true],
      ['a server, false: nobody', undefined, false, 'https://api.test/', false],
      ['a server, a list: who is on it', undefined, ['https://api.test'], 'https://api.test/a', true],
      ['a server, a list: nobody else', undefined, ['https://api.test'], 'https://api.test:8443/', false],
      ['a server, an empty list: nobody', undefined, [], 'https://api.test/', false],
      ['a server, a function', undefined, (to) => to.pathname === '/in', 'https://api.test/in', true],
      [
        'a server, a function that says no',
        undefined,
        (to) => to.pathname === '/in',
        'https://api.test/',
        false,
      ],
      ['a page: its own origin', page, true, 'https://app.test/api', true],
      ['a page: no other, for that costs a preflight', page, true, 'https://api.test/', false],
      ['a page: not another port', page, true, 'https://app.test:8443/', false],
      ['a page, false: nobody', page, false, 'https://app.test/api', false],
      ['a page, a list: who is on it', page, ['https://api.test'], 'https://api.test/', true],
      ['a page, a list: its own origin as well', page, ['https://api.test'], 'https://app.test/', true],
      ['a page, a list: nobody else', page, ['https://api.test'], 'https://evil.test/', false],
    ];
  test.each(rows)('%s', async (_, href, propagate, to, expected) => {
    onPage(href);
    using at = stage(propagate === undefined ? {} : { propagate }, [{ json: {} }]);
    await at.clock.finish(context.with(remote, () => at.api.get(to)));
    const { headers } = at.wire.exchanges[0]!.request;
    expect(headers.has('traceparent')).toBe(expected);
    expect(headers.has('baggage')).toBe(expected);
    expect(at.spans).toHaveLength(1);
  });
});

describe('what an instrumentation below `fetch` finds', () => {
  test.each([
    ['no tracing, where this layer writes the headers', true, 0],
    ['the span of the attempt, where it does not', false, 1],
  ])('%s', async (_, propagate, below) => {
    onPage(undefined);
    using at = stage({ propagate });
    const { tracerProvider } = at.providers;
    const carrier: Record<string, string> = {};
    const fetch = (): Promise<Response> => {
      // What an instrumented fetch does.
      const span = tracerProvider.getTracer('below').startSpan('below');
      propagation.inject(trace.setSpan(context.active(), span), carrier);
      span.end();
      return Promise.resolve(new Response());
    };
    await context.with(remote, () => at.api.get(url, { fetch }));
    expect(at.spans.filter(({ name }) => name === 'below')).toHaveLength(below);
    expect(Object.keys(carrier)).toHaveLength(below * 3);
    const own = at.spans.find(({ name }) => name === 'GET');
    for (const { parentSpanContext } of at.spans.filter(({ name }) => name === 'below'))
      expect(parentSpanContext?.spanId).toBe(own?.spanContext().spanId);
  });

  test('a caller who suppresses tracing gets none', async () => {
    onPage(undefined);
    using at = stage({}, [{ json: {} }]);
    await at.clock.finish(context.with(suppressTracing(remote), () => at.api.get(url)));
    expect(at.spans).toEqual([]);
    expect(at.wire.exchanges[0]?.request.headers.has('traceparent')).toBe(false);
  });
});

test('the parent is where the call was made, though another context is active when it is sent', async () => {
  // This context manager follows no promises, as in browsers: only what the layer keeps can be right.
  using at = stage({}, [{ json: {} }]);
  const waits: (() => void)[] = [];
  const queue = layer({
    name: 'queue',
    places: [gate({ stage: 'admit', run: () => new Promise((resolve) => void waits.push(resolve)) })],
  });
  const tracer = at.providers.tracerProvider.getTracer('caller');
  const calls = ['a', 'b', 'c'].map((name) => {
    const span = tracer.startSpan(name);
    return { span, done: context.with(trace.setSpan(ROOT_CONTEXT, span), () => at.api.get(url, queue())) };
  });
  await at.clock.settle();
  for (const resolve of waits.reverse()) context.with(remote, resolve);
  for (const { done } of calls) await at.clock.finish(done);
  const parents = at.spans.map(({ parentSpanContext }) => parentSpanContext?.spanId);
  expect(parents).toEqual(calls.map(({ span }) => span.spanContext().spanId).reverse());
});

describe('without a tracer', () => {
  test('a trace that comes in is passed on as it is', async () => {
    onPage(undefined);
    using at = stage({}, [{ json: {} }]);
    await at.clock.finish(
      context.with(remote, () => ky.create({ fetch: at.wire.fetch }).extend(otel()).get(url)),
    );
    expect(at.wire.exchanges[0]?.request.headers.get('traceparent')).toBe(traceparent);
  });

  test.each<[string, OtelOptions]>([
    ['where nobody has registered an SDK', {}],
    ['where what is registered does nothing', { meterProvider: { getMeter: () => createNoopMeter() } }],
  ])('nothing is done at all, %s', async (_, options) => {
    const inject = vi.spyOn(propagation, 'inject');
    using at = stage({}, [{ json: {} }]);
    await at.clock.finish(ky.create({ fetch: at.wire.fetch }).extend(otel(options)).get(url));
    expect(inject).not.toHaveBeenCalled();
    inject.mockRestore();
  });
});
