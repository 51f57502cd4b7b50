import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { SpanKind } from '@opentelemetry/api';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import findChromium, { launchOptions } from '../../../tooling/chromium.ts';
import { type ReceivedSpan, type Receiver, receiver } from './receiver.ts';

// A real page in Chromium, its API on the same origin and elsewhere, and a receiver that gets its spans.

interface Arrived {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly traceparent: string | undefined;
}

let browser: Browser;
let collector: Receiver;
const servers: Server[] = [];
const own: Arrived[] = [];
const other: Arrived[] = [];
let origin: string;
let elsewhere: string;

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const arrived = ({ method, url, headers }: IncomingMessage): Arrived => ({
  method,
  url,
  traceparent: headers['traceparent'] as string | undefined,
});

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page/main.ts', import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  collector = await receiver();
  elsewhere = await listen((request, response) => {
    other.push(arrived(request));
    response
      .setHeader('access-control-allow-origin', '*')
      .setHeader('access-control-allow-headers', 'traceparent');
    response.setHeader('content-type', 'application/json').end('{}');
  });
  origin = await listen((request, response) => {
    const { pathname } = new URL(request.url!, origin);
    if (pathname === '/main.js')
      response.setHeader('content-type', 'text/javascript').end(outputFiles[0]!.text);
    else if (pathname === '/flaky') {
      // Each caller's first request is refused.
      response.statusCode = own.some(({ url }) => url === request.url) ? 200 : 503;
      own.push(arrived(request));
      response.setHeader('content-type', 'application/json').end('{}');
    } else
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><script type=module src=/main.js></script>');
  });
  await findChromium();
  browser = await chromium.launch(launchOptions);
  const page = await browser.newPage();
  await page.goto(`${origin}/?${new URLSearchParams({ collector: collector.url, elsewhere }).toString()}`);
  await Promise.race([
    page.waitForFunction("document.title === 'done'"),
    page.waitForEvent('pageerror').then((error) => Promise.reject(error)),
  ]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await collector?.[Symbol.asyncDispose]();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const sentBy = (name: string): readonly ReceivedSpan[] => {
  const caller = collector.spans.find((span) => span.name === name);
  return collector.spans.filter(({ parentSpanId }) => parentSpanId === caller?.spanId);
};

const header = ({ traceId, spanId }: ReceivedSpan): string => `00-${traceId}-${spanId}-01`;

describe('spans sent from a page', () => {
  test.each(['one', 'two'])(
    'a relative URL is shown whole, a resend numbered, and both belong to caller %s',
    (name) => {
      const spans = sentBy(name);
      const shared = {
        'http.request.method': 'GET',
        'url.full': `${origin}/flaky?from=${name}`,
        'server.address': '127.0.0.1',
        'server.port': Number(new URL(origin).port),
      };
      expect(spans).toMatchObject([
        { name: 'GET', kind: SpanKind.CLIENT + 1, attributes: { ...shared, 'error.type': '503' } },
        { name: 'GET', kind: SpanKind.CLIENT + 1, attributes: { ...shared, 'http.request.resend_count': 1 } },
      ]);
      const received = own.filter(({ url }) => url === `/flaky?from=${name}`);
      expect(received.map(({ traceparent }) => traceparent)).toEqual(spans.map(header));
    },
  );

  test('another origin gets no header, and so no preflight', () => {
    expect(sentBy('three')).toHaveLength(1);
    expect(other.filter(({ url }) => url === '/plain')).toEqual([
      { method: 'GET', url: '/plain', traceparent: undefined },
    ]);
  });

  test('one that is listed gets both', () => {
    const [span] = sentBy('four');
    expect(other.filter(({ url }) => url === '/traced')).toEqual([
      { method: 'OPTIONS', url: '/traced', traceparent: undefined },
      { method: 'GET', url: '/traced', traceparent: header(span!) },
    ]);
  });
});
