import {
  type Counter,
  createNoopMeter,
  type Histogram,
  type MeterProvider,
  metrics,
  ProxyTracerProvider,
  trace,
  type Tracer,
  type UpDownCounter,
} from '@opentelemetry/api';
import type { OtelOptions } from './options.ts';
import { version } from './version.ts';

const scope = '@kyhooks/otel';

/** The tracer, or `undefined` where nobody has registered an SDK. Asked anew each time: one may be registered later. */
export function tracerOf({ tracerProvider = trace.getTracerProvider() }: OtelOptions): Tracer | undefined {
  return tracerProvider instanceof ProxyTracerProvider
    ? tracerProvider.getDelegateTracer(scope, version)
    : tracerProvider.getTracer(scope, version);
}

export interface Meters {
  readonly duration: Histogram;
  readonly active: UpDownCounter;
  readonly waits: Histogram;
  readonly decisions: Counter;
}

const made = /* @__PURE__ */ new WeakMap<MeterProvider, Meters | false>();

/** The instruments, or a false value where nobody has registered an SDK. */
export function metersOf({ meterProvider = metrics.getMeterProvider() }: OtelOptions): Meters | false {
  let meters = made.get(meterProvider);
  if (meters === undefined) made.set(meterProvider, (meters = make(meterProvider)));
  return meters;
}

function make(provider: MeterProvider): Meters | false {
  const meter = provider.getMeter(scope, version);
  if (meter === createNoopMeter()) return false;
  const seconds = (name: string, description: string, explicitBucketBoundaries: number[]): Histogram =>
    meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries } });
  return {
    // The buckets that the conventions advise.
    duration: seconds(
      'http.client.request.duration',
      'Duration of HTTP client requests.',
      [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    ),
    active: meter.createUpDownCounter('http.client.active_requests', {
      description: 'Number of active HTTP requests.',
      unit: '{request}',
    }),
    // Waits last longer than requests: the buckets advised for connections.
    waits: seconds(
      'kyhooks.client.wait.duration',
      'Time that requests wait before they are sent.',
      [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
    ),
    decisions: meter.createCounter('kyhooks.client.decisions', {
      description: 'Decisions to send again, to pause, or to refuse.',
      unit: '{decision}',
    }),
  };
}
