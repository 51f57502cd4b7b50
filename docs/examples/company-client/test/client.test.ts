import { explain } from '@kyhooks/core';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { beforeEach, expect, test, vi } from 'vitest';
import { createClient } from '../src/index.ts';
import { type Reply, scriptedWire, type ScriptedWire } from '../src/testing.ts';
import { finish } from './finish.ts';

const spans = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
);

let token = 'token-1';
const refresh = vi.fn<() => string>(() => (token = 'token-2'));
const logger = vi.fn<(event: object, level: string) => void>();

// #region tests
function clientOn(...replies: Reply[]): { api: ReturnType<typeof createClient>; wire: ScriptedWire } {
  const wire = scriptedWire(...replies);
  const settings = { service: 'shop', credentials: { token: () => token, refresh }, logger };
  return { api: createClient(settings).extend({ fetch: wire.fetch }), wire };
}

beforeEach(() => {
  token = 'token-1';
  vi.clearAllMocks();
  spans.reset();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});

const status = (code: number): Response => new Response(null, { status: code });

test('a read that meets 503 twice comes through', async () => {
  const { api, wire } = clientOn(status(503), status(503), Response.json({ id: 1 }));
  expect(await finish(api.get('users/1').json())).toEqual({ id: 1 });
  expect(wire.sent).toHaveLength(3);
});

test('a write is sent once', async () => {
  const { api, wire } = clientOn(status(503));
  await expect(finish(api.post('users', { json: { name: 'Ada' } }))).rejects.toThrow('503');
  expect(wire.sent).toHaveLength(1);
});

test('two callers whose token has ended share one refresh', async () => {
  const { api, wire } = clientOn(status(401), status(401), status(204), status(204));
  await finish(Promise.all([api.get('users/1'), api.get('users/2')]));
  expect(refresh).toHaveBeenCalledOnce();
  const tokens = wire.sent.map(({ headers }) => headers.get('authorization'));
  expect(tokens).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2', 'Bearer token-2']);
});

test('no other origin gets the token', async () => {
  const { api, wire } = clientOn(status(204));
  await finish(api.get('https://elsewhere.example/'));
  expect(wire.sent[0]?.headers.has('authorization')).toBe(false);
});

test('each call is one event, each attempt one span, and none of them has the token', async () => {
  const { api } = clientOn(status(503), Response.json({ id: 1 }));
  await finish(api.get('users/1').json());
  expect(logger).toHaveBeenCalledOnce();
  expect(logger.mock.calls[0]).toMatchObject([
    { 'service.name': 'shop', 'http.response.status_code': 200, 'kyhooks.call.attempts': 2 },
    'info',
    expect.any(String),
  ]);
  const sent = spans.getFinishedSpans().map(({ attributes }) => attributes);
  expect(sent.map((attributes) => attributes['http.response.status_code'])).toEqual([503, 200]);
  expect(JSON.stringify([logger.mock.calls, sent])).not.toContain('token-');
});

// A change here is a change for every team: it goes into the changelog.
test('the policy', () => {
  const policy = Object.fromEntries(
    explain(clientOn().api).layers.map(({ name, options }) => [name, options]),
  );
  expect(policy).toMatchObject({
    retry: { limit: '2', maxRetryAfter: '60000' },
    timeout: { attempt: '3000', total: '10000' },
    rateLimit: { maxConcurrent: '20' },
  });
  expect(explain(clientOn().api).warnings).toEqual([]);
});
// #endregion tests
