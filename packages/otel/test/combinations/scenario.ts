import {
  type Attributes,
  context,
  type ContextManager,
  type MeterProvider,
  metrics,
  propagation,
  type TextMapPropagator,
  trace,
  type TracerProvider,
} from '@opentelemetry/api';
import ky from 'ky';
import { otel } from '../../src/index.ts';

/** A span as all generations of the SDK can tell it. */
export interface SeenSpan {
  readonly name: string;
  readonly kind: number;
  readonly attributes: Attributes;
  readonly scope: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
}

/** A generation of the SDK. */
export interface Generation {
  readonly tracerProvider: TracerProvider;
  /** A MeterProvider: the types of one API do not fit those of another. */
  readonly meterProvider: unknown;
  readonly contextManager: ContextManager;
  readonly propagator: TextMapPropagator;
  spans(): readonly SeenSpan[];
  metricNames(): Promise<readonly string[]>;
}

/** What came out, with ids replaced by what they stand for. */
export interface Seen {
  readonly spans: readonly (Pick<SeenSpan, 'name' | 'kind' | 'attributes' | 'scope'> & {
    readonly parent: string;
  })[];
  readonly traceparents: readonly string[];
  readonly metrics: readonly string[];
}

/** Registers the SDK globally, as an application does, and makes one call that is sent twice. */
export async function play(generation: Generation): Promise<Seen> {
  const headers: (string | null)[] = [];
  const fetch = (input: unknown): Promise<Response> => {
    headers.push((input as Request).headers.get('traceparent'));
    return Promise.resolve(new Response('{}', { status: headers.length === 1 ? 503 : 200 }));
  };
  // Made before the SDK is registered: it is found all the same.
  const api = ky.create({ fetch, retry: { limit: 1, delay: () => 1 } }).extend(otel());

  trace.setGlobalTracerProvider(generation.tracerProvider);
  metrics.setGlobalMeterProvider(generation.meterProvider as MeterProvider);
  context.setGlobalContextManager(generation.contextManager.enable());
  propagation.setGlobalPropagator(generation.propagator);
  await trace.getTracer('application').startActiveSpan('application', async (span) => {
    await Promise.resolve();
    await api.get('https://api.test/users/42').json();
    span.end();
  });

  const all = generation.spans();
  const names = new Map(all.map(({ name, spanId }, index) => [spanId, `${name} ${index}`]));
  const nameOf = (id: string | undefined): string =>
    id === undefined ? 'none' : (names.get(id) ?? 'unknown');
  return {
    spans: all.map(({ name, kind, attributes, scope, parentId }) => ({
      name,
      kind,
      attributes,
      scope,
      parent: nameOf(parentId),
    })),
    traceparents: headers.map((header) => {
      const [version, traceId, spanId, flags] = String(header).split('-');
      return `${version}-${traceId === all[0]?.traceId ? 'trace' : traceId}-${nameOf(spanId)}-${flags}`;
    }),
    metrics: await generation.metricNames(),
  };
}
