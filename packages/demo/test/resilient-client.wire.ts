import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { LogEvent } from '@kyhooks/log';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Options } from 'ky';
import { generate } from 'selfsigned';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { FlakyApi } from '../src/flaky-api.ts';
import { http2, resilientClient } from '../src/resilient-client.ts';
import { isUser } from '../src/right-answer.ts';
import { draftOf, userOf } from '../src/server/truth.ts';

let events: LogEvent[] = [];
const logger = (event: LogEvent): void => void events.push(event);

describe('the client of the recipe against the flaky API', () => {
  let server: FlakyApi;
  let client: ReturnType<typeof resilientClient>;
  beforeAll(async () => {
    server = await FlakyApi.start({ seed: 1, faults: 'drop' });
    client = resilientClient({ baseUrl: `${server.url}/`, credentials: { token: () => 'a token' }, logger });
  });
  afterAll(() => server.stop());

  test('reads many users, and every one that it has is right', { timeout: 60_000 }, async () => {
    events = [];
    const ids = Array.from({ length: 80 }, (_, index) => index + 1);
    const run = client.users(ids);
    const seen: number[] = [];
    const wrong: unknown[] = [];
    const kinds: string[] = [];
    for await (const { input, result } of run) {
      seen.push(input);
      if (!result.ok) kinds.push(result.kind);
      else if (!isUser(result.data, input)) wrong.push(result.data);
    }
    expect({ seen, wrong, end: run.end }).toEqual({ seen: ids, wrong: [], end: 'completed' });
    expect(kinds.length, kinds.join()).toBeLessThan(4);
    expect(run.progress).toMatchObject({ done: 80, total: 80, running: 0, failed: kinds.length });
    // Failures are logged whatever is drawn, and no token.
    expect(events.filter((event) => !event['kyhooks.ok'])).toHaveLength(kinds.length);
    expect(JSON.stringify(events)).not.toContain('a token');
  });

  test('creates an invoice', async () => {
    const created = await client.createInvoice(draftOf(3));
    expect(created).toMatchObject({ ok: true, status: 200, data: draftOf(3) });
  });

  test('an abort in the middle ends everything and keeps what is finished', async () => {
    const controller = new AbortController();
    const run = client.users(endless(), controller.signal);
    let finished = 0;
    let aborted = 0;
    for await (const { result } of run) {
      if (result.ok && ++finished === 30) controller.abort();
      if (!result.ok && result.kind === 'aborted') aborted++;
    }
    expect(run.end).toBe('aborted');
    expect(finished).toBeGreaterThanOrEqual(30);
    expect(aborted).toBeGreaterThan(0);
    expect(aborted).toBeLessThanOrEqual(20);
  });
});

describe('against a server that answers what it did not promise', () => {
  const received: string[] = [];
  const server = createServer((request, response) => {
    received.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'application/json');
    if (request.url === '/users/404') response.statusCode = 404;
    const problem = { code: 'no_such_user', message: 'There is none', request_id: 'r-1' };
    response.end(JSON.stringify(response.statusCode === 404 ? problem : { id: '7' }));
  });
  let client: ReturnType<typeof resilientClient>;
  beforeAll(async () => {
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    client = resilientClient({ baseUrl, credentials: { token: 'a token' }, logger });
  });
  afterAll(() => void server.close());

  test('each failure says what it is, and each attempt is a span', async () => {
    const exporter = new InMemorySpanExporter();
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
    );
    events = [];
    const drifted = await client.user(7);
    expect(drifted).toMatchObject({ ok: false, kind: 'schema', status: 200, attempts: 1 });
    const missing = await client.user(404);
    expect(missing).toMatchObject({
      ok: false,
      kind: 'http',
      status: 404,
      requestId: 'r-1',
      data: { code: 'no_such_user' },
    });
    const refused = await client.createInvoice({ reference: 'INV-1' } as never);
    expect(refused).toMatchObject({ ok: false, kind: 'schema', attempts: 1 });
    // The last one was not sent.
    expect(received).toEqual(['GET /users/7', 'GET /users/404']);
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['GET /users/:id', 'GET /users/:id']);
    expect(events.map((event) => event['url.template'])).toContain('/users/:id');
    trace.disable();
  });
});

function* endless(): Generator<number> {
  for (let id = 1; ; id++) yield id;
}

describe('over HTTP/2', () => {
  let server: Http2SecureServer;
  let certificate: string;
  let baseUrl: string;
  const seen: { readonly line: string; readonly headers: IncomingHttpHeaders }[] = [];
  beforeAll(async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    certificate = cert;
    server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
      const { method, url, httpVersion, headers } = request;
      seen.push({ line: `HTTP/${httpVersion} ${method} ${url}`, headers });
      response.setHeader('content-type', 'application/json');
      if (headers.authorization !== 'Bearer new') response.statusCode = 401;
      response.end(JSON.stringify(method === 'POST' ? { id: 1, ...draftOf(1) } : userOf(7)));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    baseUrl = `https://localhost:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => void server.close());

  test('it does what the recipe says', async () => {
    const dispatcher = new Agent({ allowH2: true, connect: { ca: certificate } });
    const lines: string[] = [];
    const printed = vi.spyOn(console, 'log').mockReturnValue(undefined);
    // #region usage
    const client = resilientClient({
      baseUrl,
      credentials: { token: () => 'old', refresh: async () => 'new' },
      logger: (event, level, message) => lines.push(`${level} ${message} ${event['kyhooks.call.attempts']}`),
      options: { ...http2(), dispatcher } as Options, // a certificate of our own, so a dispatcher of our own
    });

    const created = await client.createInvoice({ reference: 'INV-0001', amount: 47 });
    if (created.ok) console.log('created', created.data.id, 'in', created.latencyMs, 'ms');
    else if (created.kind === 'http') console.log('refused:', created.data?.message, created.requestId);
    else console.log('failed:', created.kind, created.retryAfterMs);

    for await (const { input, result } of client.users([7, 7, 7])) {
      console.log(input, result.ok ? result.data.name : result.kind);
    }
    // #endregion usage
    expect(printed.mock.lastCall).toEqual([7, userOf(7).name]);
    printed.mockRestore();
    expect(created).toMatchObject({ ok: true, data: { id: 1, reference: 'INV-0001' }, attempts: 2 });
    expect(seen.map(({ line }) => line)).toEqual([
      'HTTP/2.0 POST /invoices', // a 401
      'HTTP/2.0 POST /invoices', // with the new token
      'HTTP/2.0 GET /users/7',
      'HTTP/2.0 GET /users/7',
      'HTTP/2.0 GET /users/7',
    ]);
    const [first, again] = seen.map(({ headers }) => headers);
    expect(first!['idempotency-key']).toMatch(/^[\da-f-]{36}$/);
    expect(again!['idempotency-key']).toBe(first!['idempotency-key']);
    expect(again!['x-request-id']).toBe(created.requestId);
    await dispatcher.close();
  });
});
