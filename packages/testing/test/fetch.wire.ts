import { createHash } from 'node:crypto';
import { install, toFetch } from '@kyhooks/fetch';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import { compose } from '@kyhooks/core';
import type { Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { realServer, type RealServer } from './real-server.ts';

type Make = (url: string) => readonly [input: string | URL | Request, init?: RequestInit];

const stream = (): ReadableStream => new Blob(['streamed']).stream();
async function* twoChunks(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('one ');
  yield new TextEncoder().encode('two');
}
const sha256 = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
const form = (): FormData => {
  const data = new FormData();
  data.set('a', '1');
  return data;
};
const upload = { duplex: 'half' } as RequestInit;

const cases: Readonly<Record<string, Make>> = {
  'a string': (url) => [url],
  'a URL': (url) => [new URL(`${url}a?b=c`)],
  'a Request': (url) => [new Request(url, { headers: { 'x-a': '1' } })],
  'a Request with init': (url) => [
    new Request(url, { headers: { 'x-a': '1' } }),
    { headers: { 'x-b': '2' } },
  ],
  'a Request with a body': (url) => [new Request(url, { method: 'POST', body: 'text' })],
  'status 404': (url) => [`${url}404`],
  'status 503': (url) => [`${url}503`],
  'a redirect': (url) => [`${url}302`],
  'a redirect by hand': (url) => [`${url}302`, { redirect: 'manual' }],
  'a redirect refused': (url) => [`${url}302`, { redirect: 'error' }],
  'a lower-case patch': (url) => [url, { method: 'patch', body: 'x' }],
  DELETE: (url) => [url, { method: 'DELETE' }],
  OPTIONS: (url) => [url, { method: 'OPTIONS' }],
  'a method of its own': (url) => [url, { method: 'PURGE' }],
  HEAD: (url) => [url, { method: 'HEAD' }],
  text: (url) => [url, { method: 'POST', body: 'text' }],
  parameters: (url) => [url, { method: 'POST', body: new URLSearchParams({ a: '1' }) }],
  'a form with a type of its own': (url) => [
    url,
    { method: 'POST', body: form(), headers: { 'content-type': 'x/y' } },
  ],
  bytes: (url) => [url, { method: 'PUT', body: new Uint8Array([65, 66]) }],
  'a blob': (url) => [url, { method: 'POST', body: new Blob(['b'], { type: 'text/x' }) }],
  'a stream': (url) => [url, { method: 'POST', body: stream(), ...upload }],
  'a stream without duplex': (url) => [url, { method: 'POST', body: stream() }],
  'a body with GET': (url) => [url, { body: 'x' }],
  'a bad method': (url) => [url, { method: 'a b' }],
  'a forbidden method': (url) => [url, { method: 'TRACE' }],
  'a bad header': (url) => [url, { headers: { 'a b': 'c' } }],
  'a header that is undefined': (url) => [url, { headers: { a: undefined as never } }],
  'a relative URL': () => ['/relative'],
  'an unknown scheme': () => ['nonsense://x/'],
  data: () => ['data:text/plain,hello'],
  'a reset': (url) => [`${url}reset`],
  'a closed port': () => ['http://127.0.0.1:1/'],
  'options of ky': (url) => [
    url,
    { json: { a: 1 }, searchParams: { b: 2 }, throwHttpErrors: true } as RequestInit,
  ],
  'an async iterable': (url) => [url, { method: 'POST', body: twoChunks() as never, ...upload }],
  'a gzip body that is no gzip': (url) => [`${url}gzip`],
  'integrity that holds': (url) => [url, { integrity: sha256('body') }],
  'integrity that does not': (url) => [url, { integrity: sha256('another') }],
  'a referrer': (url) => [url, { referrer: `${url}from`, referrerPolicy: 'unsafe-url' }],
  'no cache': (url) => [url, { cache: 'no-store' }],
  'only if cached': (url) => [url, { cache: 'only-if-cached' }],
  'no credentials': (url) => [url, { credentials: 'omit' }],
  'a mode': (url) => [url, { mode: 'same-origin' }],
  'no-cors': (url) => [url, { mode: 'no-cors' }],
  navigate: (url) => [url, { mode: 'navigate' }],
  keepalive: (url) => [url, { keepalive: true }],
  priority: (url) => [url, { priority: 'high' }],
  'a bad priority': (url) => [url, { priority: 'highest' as never }],
  'a URL with credentials': (url) => [url.replace('//', '//user:secret@')],
  'a hash and a search': (url) => [`${url}a?b=1&b=2#part`],
  'a used Request': (url) => {
    const request = new Request(url, { method: 'POST', body: 'x' });
    void request.text();
    return [request];
  },
  'an abort before': (url) => [url, { signal: AbortSignal.abort('reason') }],
};

/** The boundary of a form is drawn by lot. */
function plainBoundary(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/-+formdata-[\w-]+?\d+/g, 'boundary'));
}

async function witness(lines: unknown[]): Promise<RealServer> {
  return realServer((response, request) => {
    const chunks: Buffer[] = [];
    const { method, url = '', rawHeaders } = request;
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      lines.push([method, url, rawHeaders, Buffer.concat(chunks).toString()].map(plainBoundary));
      const path = url.slice(1);
      if (path === 'reset') response.destroy();
      else if (path === 'gzip') response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain');
      else if (path === '302') response.writeHead(302, { location: '/', 'set-cookie': ['a=1', 'b=2'] }).end();
      else response.writeHead(Number(path) || 200, { 'set-cookie': ['a=1', 'b=2'], date: 'now' }).end('body');
    });
  });
}

async function outcome(fetch: typeof globalThis.fetch, [input, init]: ReturnType<Make>): Promise<unknown> {
  try {
    const response = await fetch(input, init);
    const { status, statusText, url, redirected, type, headers, bodyUsed } = response;
    return {
      status,
      statusText,
      url,
      redirected,
      type,
      bodyUsed,
      headers: [...headers],
      text: await response.clone().text(),
    };
  } catch (error) {
    if (!(error instanceof Error)) return error;
    const { name, message, cause } = error;
    const { code, message: why } = (cause ?? {}) as { code?: unknown; message?: unknown };
    return { name, message, class: error.constructor.name, code, why };
  }
}

const sources = {
  'no hooks': {},
  'neutral hooks': compose(retry({ limit: 0 }), timeout({ attempt: false, total: false })),
};

describe.each(Object.entries(sources))('as the platform does, with %s', (_, source) => {
  test.each(Object.entries(cases))('%s', async (_name, make) => {
    const expected: unknown[] = [];
    const seen: unknown[] = [];
    await using server = await witness(expected);
    const plain = await outcome(fetch, make(server.url));
    const before = expected.splice(0);
    const ours = await outcome(toFetch(source), make(server.url));
    seen.push(...expected);
    expect(ours).toEqual(plain);
    expect(seen).toEqual(before);
  });
});

/** Faults are what the defaults are there for. */
const helped = new Set(['status 503', 'a reset', 'a closed port', 'a gzip body that is no gzip']);

describe('as the platform does, with the defaults of retry() and timeout()', () => {
  const ours = toFetch(compose(retry(), timeout()));
  test.each(Object.entries(cases).filter(([name]) => !helped.has(name)))('%s', async (_, make) => {
    const seen: unknown[] = [];
    await using server = await witness(seen);
    const plain = await outcome(fetch, make(server.url));
    const before = seen.splice(0);
    expect(await outcome(ours, make(server.url))).toEqual(plain);
    expect(seen).toEqual(before);
  });
});

const headerForms: readonly (HeadersInit | undefined)[] = [
  undefined,
  { 'x-a': '1', accept: 'text/plain' },
  [
    ['x-a', '1'],
    ['x-a', '2'],
  ],
  new Headers({ 'content-type': 'x/y', 'user-agent': 'mine' }),
];
const bodies: readonly (BodyInit | null | undefined)[] = [
  undefined,
  null,
  '',
  'text',
  new URLSearchParams({ a: 'b c' }),
  new Uint8Array([0, 255]),
  new Blob(['{}'], { type: 'application/json' }),
];
const inputs: Readonly<Record<string, (url: string, init: RequestInit) => ReturnType<Make>>> = {
  'a string and init': (url, init) => [url, init],
  'a URL and init': (url, init) => [new URL(url), init],
  'a Request': (url, init) => [new Request(url, init)],
  'a Request and init': (url, init) => [new Request(`${url}other`, { method: 'PUT', body: 'other' }), init],
};
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

describe.each(Object.keys(inputs))('each method, body and form of headers, by %s', (input) => {
  test.each(methods)('%s', async (method) => {
    const ours = toFetch();
    const seen: unknown[] = [];
    await using server = await witness(seen);
    for (const body of bodies) {
      for (const headers of headerForms) {
        const init: RequestInit = {
          method,
          ...(body !== undefined && { body }),
          ...(headers && { headers }),
        };
        const attempt = async (by: typeof globalThis.fetch): Promise<unknown> => {
          try {
            return await outcome(by, inputs[input]!(server.url, init));
          } catch (error) {
            return String(error);
          }
        };
        const plain = await attempt(fetch);
        const before = seen.splice(0);
        expect([await attempt(ours), seen.splice(0)]).toEqual([plain, before]);
      }
    }
  });
});

describe('with faults', () => {
  const flaky = async (faults: readonly (number | 'reset')[], lines: string[]): Promise<RealServer> => {
    const left = [...faults];
    return realServer((response, { method }) => {
      lines.push(method!);
      const fault = left.shift();
      if (fault === 'reset') response.destroy();
      else response.writeHead(fault ?? 200).end('ok');
    });
  };
  const quick = retry({ backoff: () => 1, budget: false });

  test.each<[string, readonly (number | 'reset')[], string, number, number]>([
    ['503 twice', [503, 503], 'GET', 200, 3],
    ['a reset', ['reset'], 'GET', 200, 2],
    ['429', [429], 'GET', 200, 2],
    ['PUT is sent again with its body', [503], 'PUT', 200, 2],
    ['POST is not', [503], 'POST', 503, 1],
    ['400 is not', [400], 'GET', 400, 1],
    ['the last answer is handed on', [503, 503, 503, 503], 'GET', 503, 4],
  ])('%s', async (_, faults, method, status, requests) => {
    const lines: string[] = [];
    await using server = await flaky(faults, lines);
    const response = await toFetch(quick)(server.url, { method, ...(method !== 'GET' && { body: 'x' }) });
    expect([response.status, await response.text(), lines.length]).toEqual([status, 'ok', requests]);
  });

  test.each<[string, Options, 503 | 'reset', unknown, number]>([
    ['no layer: nothing is sent again', {}, 503, 503, 1],
    ['no layer: not after a reset either', {}, 'reset', 'TypeError', 1],
    ['retry() taken away: the same', compose(retry(), retry(false)), 'reset', 'TypeError', 1],
    ["ky's own retry, asked for: after a reset", { retry: { limit: 1, delay: () => 1 } }, 'reset', 200, 2],
    ["ky's own retry does not see statuses", { retry: { limit: 1, delay: () => 1 } }, 503, 503, 1],
    ['retry({ limit: 0 })', retry({ limit: 0 }), 503, 503, 1],
  ])('%s', async (_, source, fault, expected, requests) => {
    const lines: string[] = [];
    await using server = await flaky([fault], lines);
    const found = await toFetch(source)(server.url).then(
      ({ status }) => status,
      ({ name }: Error) => name,
    );
    expect([found, lines.length]).toEqual([expected, requests]);
  });

  test('install replaces the global fetch until disposed of', async () => {
    const lines: string[] = [];
    await using server = await flaky([503], lines);
    const platform = globalThis.fetch;
    {
      using installed = install(quick);
      expect(installed.original).toBe(platform);
      expect([(await fetch(server.url)).status, lines.length]).toEqual([200, 2]);
    }
    expect(globalThis.fetch).toBe(platform);
  });
});

test('an abort rejects with the reason itself', async () => {
  await using server = await realServer(() => undefined);
  const controller = new AbortController();
  const reason = { any: 'object' };
  const pending = toFetch(retry())(server.url, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await expect(pending).rejects.toBe(reason);
});
