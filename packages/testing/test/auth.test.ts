import { auth } from '@kyhooks/auth';
import { onSettled, traceOf } from '@kyhooks/core';
import { log, type LogEvent } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { result } from '@kyhooks/result';
import { retry } from '@kyhooks/retry';
import { type Reply, scriptedWire, virtualClock } from '@kyhooks/testing';
import {
  type Attributes,
  INVALID_SPAN_CONTEXT,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import ky, { type KyInstance } from 'ky';
import { expect, test } from 'vitest';

/** What is told of spans. */
class Spans {
  readonly attributes: Attributes[] = [];

  readonly provider: TracerProvider = {
    getTracer: () =>
      ({
        startSpan: (_: string, { attributes = {} }: { readonly attributes?: Attributes }) => {
          const known = { ...attributes };
          this.attributes.push(known);
          const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
          span.isRecording = () => true;
          span.setAttributes = (more) => (Object.assign(known, more), span);
          span.setAttribute = (name, value) => (Object.assign(known, { [name]: value }), span);
          return span;
        },
      }) as unknown as Tracer,
  };
}

interface World {
  readonly api: KyInstance;
  readonly spans: Spans;
  readonly events: LogEvent[];
  readonly records: unknown[];
  readonly sent: () => number;
}

async function play<Value>(
  replies: readonly Reply[],
  run: (world: World) => Promise<Value>,
): Promise<[Value, World]> {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies });
  const spans = new Spans();
  const events: LogEvent[] = [];
  const records: unknown[] = [];
  const api = ky
    .create({ baseUrl: 'https://api.test/', fetch: wire.fetch, timeout: false })
    .extend(retry({ limit: 1, jitter: 'none' }))
    .extend(rateLimit({ maxConcurrent: 1 }))
    .extend(auth({ token: () => 'old-secret', refresh: async () => 'new-secret' }))
    .extend(otel({ tracerProvider: spans.provider }))
    .extend(log({ logger: (event: LogEvent) => events.push(event) }))
    .extend(onSettled((record) => records.push(JSON.parse(JSON.stringify(record)))));
  const world = { api, spans, events, records, sent: () => wire.exchanges.length };
  return [await clock.finish(run(world)), world];
}

test('the resend with a new token has a permit, a span and a place in the record of its own', async () => {
  const replies = [{ status: 401 }, { status: 503 }, { json: { id: 1 } }];
  const [user, { spans, events, sent }] = await play(replies, ({ api }) => result(api.get('users/1')));
  // A limit of one retry: the token's resend is none of those.
  expect(sent()).toBe(3);
  expect(user).toMatchObject({ ok: true, data: { id: 1 }, attempts: 3 });
  expect(
    spans.attributes.map((span) => [span['http.request.resend_count'], span['http.response.status_code']]),
  ).toEqual([
    [undefined, 401],
    [1, 503],
    [2, 200],
  ]);
  expect(spans.attributes.map((span) => span['error.type'])).toEqual(['401', '503', undefined]);
  expect(user.trace!.decisions.map(({ layer, reason }) => `${layer}: ${reason}`)).toEqual([
    'auth: status 401 asks for another token',
    'retry: status 503 is retryable',
  ]);
  expect(events).toMatchObject([{ 'http.request.resend_count': 2, 'kyhooks.ok': true }]);
});

test('a 401 in the end is of the kind auth, and an attempt with a status, not with a fault', async () => {
  const [user, { spans, events, records }] = await play(
    [{ status: 401, json: { code: 'revoked' }, afterMs: 30 }],
    ({ api }) => result(api.get('users/1')),
  );
  expect(user).toMatchObject({
    ok: false,
    kind: 'auth',
    status: 401,
    data: { code: 'revoked' },
    attempts: 2,
  });
  const { attempts } = traceOf((user as { readonly error: unknown }).error)!;
  expect(attempts.map(({ status, error, gateMs }) => ({ status, error, gateMs }))).toEqual([
    { status: 401, error: undefined, gateMs: 0 },
    { status: 401, error: undefined, gateMs: 0 },
  ]);
  expect(events).toMatchObject([{ 'error.type': '401', 'http.response.status_code': 401 }]);
  expect(JSON.stringify([spans.attributes, events, records])).not.toContain('secret');
});
