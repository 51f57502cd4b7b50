import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
}

interface Attribute {
  readonly key: string;
  readonly value: AnyValue;
}

/** A span as it arrives, its attributes decoded. */
export interface ReceivedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly startMs: number;
  readonly endMs: number;
  readonly scope: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly {
    readonly name: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
  readonly status: number;
}

/** A metric as it arrives. */
export interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly {
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly boundaries: readonly number[] | undefined;
  }[];
}

/** A receiver of OTLP over HTTP, in its JSON form. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  readonly metrics: ReceivedMetric[];
}

interface Traces {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly {
        readonly name: string;
        readonly kind: number;
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly attributes: readonly Attribute[];
        readonly events: readonly { readonly name: string; readonly attributes: readonly Attribute[] }[];
        readonly status: { readonly code?: number };
      }[];
    }[];
  }[];
}

interface Metrics {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly ({ readonly name: string; readonly unit: string } & Readonly<
        Record<
          'histogram' | 'sum',
          | {
              readonly dataPoints: readonly {
                readonly attributes: readonly Attribute[];
                readonly explicitBounds?: readonly number[];
              }[];
            }
          | undefined
        >
      >)[];
    }[];
  }[];
}

/** Starts it on a free port; pages of any origin may send to it. */
export async function receiver(): Promise<Receiver> {
  const spans: ReceivedSpan[] = [];
  const metrics: ReceivedMetric[] = [];
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      if (text && request.url === '/v1/traces') spans.push(...decodeSpans(JSON.parse(text) as Traces));
      if (text && request.url === '/v1/metrics') metrics.push(...decodeMetrics(JSON.parse(text) as Metrics));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metrics,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

function decodeSpans({ resourceSpans }: Traces): ReceivedSpan[] {
  return resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) =>
      spans.map(({ name, kind, traceId, spanId, parentSpanId, status, ...span }) => ({
        name,
        kind,
        traceId,
        spanId,
        parentSpanId: parentSpanId || undefined,
        startMs: Number(BigInt(span.startTimeUnixNano) / 1000n) / 1000,
        endMs: Number(BigInt(span.endTimeUnixNano) / 1000n) / 1000,
        scope: scope.name,
        attributes: decode(span.attributes),
        events: span.events.map((event) => ({ name: event.name, attributes: decode(event.attributes) })),
        status: status.code ?? 0,
      })),
    ),
  );
}

function decodeMetrics({ resourceMetrics }: Metrics): ReceivedMetric[] {
  return resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.map(({ name, unit, histogram, sum }) => ({
        name,
        unit,
        points: (histogram ?? sum)!.dataPoints.map(({ attributes, explicitBounds }) => ({
          attributes: decode(attributes),
          boundaries: explicitBounds,
        })),
      })),
    ),
  );
}

function decode(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf({ stringValue, intValue, doubleValue, boolValue, arrayValue }: AnyValue): unknown {
  if (arrayValue) return arrayValue.values.map(valueOf);
  return stringValue ?? (intValue === undefined ? (doubleValue ?? boolValue) : Number(intValue));
}
