import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { retry } from '@kyhooks/retry';
import { scriptedWire, virtualClock } from '@kyhooks/testing';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import ky from 'ky';

/** The spans of a call that waits for a permit, is refused by the server once, and gets through. */
export async function tracedCall(): Promise<readonly ReadableSpan[]> {
  using clock = virtualClock();
  const wire = scriptedWire(clock);
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const api = ky
    .create({ baseUrl: 'https://api.example.com/', fetch: wire.fetch })
    .extend(otel({ tracerProvider, callSpan: true }))
    .extend(rateLimit({ maxConcurrent: 1 }))
    .extend(retry({ jitter: 'none' }));

  // Another call has the only permit for 250 ms.
  const other = api.get('v1/reports/7', otel(false)).text();
  const report = await wire.expect('GET /v1/reports/7');
  const call = api.get('v1/users/42').json();
  await clock.advance(250);
  await report.respond(200);
  await other;

  const first = await wire.expect('GET /v1/users/42');
  await clock.advance(80);
  await first.respond(503);
  await clock.advance(300); // the backoff

  const second = await wire.expect('GET /v1/users/42');
  await clock.advance(60);
  const body = await second.open(200, { 'content-type': 'application/json' });
  await clock.advance(40);
  body.push('{}');
  body.end();
  await clock.finish(call);
  return exporter.getFinishedSpans();
}
