import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';

/** Spans on their way to a receiver of OTLP over HTTP. */
export interface Telemetry {
  readonly tracerProvider: TracerProvider;
  /** Sends what is left, and tells what became of it all. */
  finish(): Promise<Delivery>;
}

/** What became of the spans. */
export interface Delivery {
  readonly endpoint: string;
  readonly sent: number;
  readonly lost: number;
  /** Why some were lost. */
  readonly reason?: string;
}

/** Counts what the receiver took, and what it did not. */
class CountingExporter extends OTLPTraceExporter {
  sent = 0;
  lost = 0;
  reason: string | undefined;

  override export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    super.export(spans, (result) => {
      if (result.code === ExportResultCode.SUCCESS) this.sent += spans.length;
      else {
        this.lost += spans.length;
        this.reason = result.error?.message;
      }
      done(result);
    });
  }
}

/** Sends spans to `/v1/traces` below this URL. */
export function telemetryTo(url: string): Telemetry {
  const endpoint = `${url.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new CountingExporter({ url: endpoint, timeoutMillis: 5_000 });
  const processor = new BatchSpanProcessor({ exporter, maxQueueSize: 100_000, scheduledDelayMillis: 500 });
  const tracerProvider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'kyhooks-demo' }),
    spanProcessors: [processor],
  });
  return {
    tracerProvider,
    async finish() {
      // What could not be sent is counted by the exporter.
      await tracerProvider.shutdown().catch(() => undefined);
      const { sent, lost, reason } = exporter;
      return { endpoint, sent, lost, ...(reason !== undefined && { reason }) };
    },
  };
}
