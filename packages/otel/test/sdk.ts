import {
  scriptedWire,
  type ScriptedWire,
  virtualClock,
  type VirtualClock,
  type Reply,
} from '@kyhooks/testing';
import type { Attributes } from '@opentelemetry/api';
import {
  type CollectionResult,
  type HistogramMetricData,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import ky, { type KyInstance, type Options } from 'ky';
import { otel, type OtelOptions } from '../src/index.ts';

/** Collects when it is asked. */
class Reader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** One point of a metric, with what the instrument says of itself. */
export interface Point {
  readonly name: string;
  readonly unit: string;
  readonly description?: string;
  readonly attributes: Attributes;
  /** Of a counter its sum, of a histogram the sum of its values. */
  readonly value: number;
  /** Values of a histogram. */
  readonly count?: number;
  readonly boundaries?: readonly number[];
}

/** The real SDK, with everything kept in memory. */
export interface Sdk {
  readonly providers: Required<Pick<OtelOptions, 'tracerProvider' | 'meterProvider'>>;
  /** The spans that have ended, in the order of their ends. */
  readonly spans: readonly ReadableSpan[];
  points(name?: string): Promise<readonly Point[]>;
}

export function sdk(): Sdk {
  const exporter = new InMemorySpanExporter();
  const reader = new Reader();
  return {
    providers: {
      tracerProvider: new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
      meterProvider: new MeterProvider({ readers: [reader] }),
    },
    get spans() {
      return exporter.getFinishedSpans();
    },
    async points(name) {
      const all = pointsOf(await reader.collect());
      return name === undefined ? all : all.filter((point) => point.name === name);
    },
  };
}

function pointsOf({ resourceMetrics }: CollectionResult): Point[] {
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap(({ descriptor: { name, unit, description }, dataPoints }) =>
      (dataPoints as HistogramMetricData['dataPoints'] | { attributes: Attributes; value: number }[]).map(
        ({ attributes, value }): Point => {
          if (typeof value === 'number') return { name, unit, description, attributes, value };
          const { sum = 0, count, buckets } = value;
          return { name, unit, description, attributes, value: sum, count, boundaries: buckets.boundaries };
        },
      ),
    ),
  );
}

/** A client with the layer, on a virtual clock and a scripted wire. */
export interface Stage extends Sdk, Disposable {
  readonly clock: VirtualClock;
  readonly wire: ScriptedWire;
  readonly api: KyInstance;
}

export function stage(options: OtelOptions = {}, replies?: readonly Reply[], more: Options = {}): Stage {
  const clock = virtualClock();
  const wire = scriptedWire(clock, replies ? { replies } : {});
  const memory = sdk();
  const api = ky
    .create({ fetch: wire.fetch, retry: 0, ...more })
    .extend(otel({ ...memory.providers, ...options }));
  return Object.defineProperties(
    { clock, wire, api, [Symbol.dispose]: () => clock.uninstall() } as Stage,
    Object.getOwnPropertyDescriptors(memory),
  );
}
