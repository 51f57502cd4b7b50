import { compose } from '@kyhooks/core';
import { toFetch, type Fetch } from '@kyhooks/fetch';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';

// What the platform's `fetch` and ours are both given, in Node and in a page.

/** What `fetch` is called with. */
export type Make = (url: string) => readonly [input: string | URL | Request, init?: RequestInit];

const stream = (): ReadableStream => new Blob(['streamed']).stream();
async function* twoChunks(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('one ');
  yield new TextEncoder().encode('two');
}
/** Of the texts `body` and `another`. */
const sha256 = {
  body: 'sha256-Iw2DWNyOiJC0xY3utikS7i8gNXrpKlzIYbmOaP4xrLU=',
  another: 'sha256-rkSKyGxOjk3sZFcpcI70GHOuecbf+E7/czYJiUh/COU=',
};
const formData = (): FormData => {
  const data = new FormData();
  data.set('a', '1');
  return data;
};
const upload = { duplex: 'half' } as RequestInit;

/** Every form of input, and every outcome. */
export const cases: Readonly<Record<string, Make>> = {
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
    { method: 'POST', body: formData(), headers: { 'content-type': 'x/y' } },
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
  'a bad URL': () => ['http://'],
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
  'integrity that holds': (url) => [url, { integrity: sha256.body }],
  'integrity that does not': (url) => [url, { integrity: sha256.another }],
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
  'an abort before, with a stream': (url) => [
    url,
    { method: 'POST', body: stream(), signal: AbortSignal.abort('reason'), ...upload },
  ],
  'an abort before, with a bad URL': () => ['http://', { signal: AbortSignal.abort('reason') }],
  'a signal that is none': (url) => [url, { signal: 'now' as never }],
  'a Request whose signal is taken away': (url) => [
    new Request(url, { signal: AbortSignal.abort('reason') }),
    { signal: null },
  ],
  'nothing at all': () => [undefined as never],
};

/** What `toFetch` is made of. None of it has anything to do on a server without faults. */
export const settings: Readonly<Record<string, Fetch>> = {
  'no hooks': toFetch(),
  'neutral hooks': toFetch(compose(retry({ limit: 0 }), timeout({ attempt: false, total: false }))),
  'the defaults of retry() and timeout()': toFetch(compose(retry(), timeout())),
};

/** Faults are what the defaults are there for. */
export const helped: ReadonlySet<string> = new Set([
  'status 503',
  'a reset',
  'a closed port',
  'a gzip body that is no gzip',
]);

/** All that can be seen of an answer or an error. */
export async function outcome(fetch: Fetch, [input, init]: ReturnType<Make>): Promise<unknown> {
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
export const inputForms: readonly string[] = Object.keys(inputs);
export const methods: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Each body and form of headers with a method, by one form of input. */
export function* matrix(form: string, method: string): Generator<Make> {
  for (const body of bodies) {
    for (const headers of headerForms) {
      const init = { method, ...(body !== undefined && { body }), ...(headers && { headers }) };
      yield (url) => inputs[form]!(url, init);
    }
  }
}

/** Calls that end in every way, some of them at the same time: in which order they settle, if they are begun in the order given. */
export async function orderOfSettling(
  fetch: Fetch,
  url: string,
  begun: readonly string[],
): Promise<string[]> {
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    'a bad URL': () => fetch('http://'),
    'a bad method': () => fetch(url, { method: 'a b' }),
    'an abort before': () => fetch(url, { signal: AbortSignal.abort() }),
    'an abort at once': () => {
      const controller = new AbortController();
      queueMicrotask(() => controller.abort());
      return fetch(`${url}after/5000`, { signal: controller.signal });
    },
    'an answer at once': () => fetch(url),
    'an abort after 100 ms': () => fetch(`${url}after/5000`, { signal: AbortSignal.timeout(100) }),
    'an answer after 200 ms': () => fetch(`${url}after/200`),
    'a reset after 300 ms': () => fetch(`${url}reset/300`),
  };
  const order: string[] = [];
  await Promise.all(
    begun.map(async (name) => {
      await calls[name]!().catch(() => undefined);
      order.push(name);
    }),
  );
  return order;
}

const endings = [
  'a bad URL',
  'an abort before',
  'a bad method',
  'an answer after 200 ms',
  'an abort at once',
  'a reset after 300 ms',
  'an answer at once',
  'an abort after 100 ms',
];

/** Begun in turn by each of them. */
export const rotations: readonly (readonly string[])[] = endings.map((_, first) =>
  endings.slice(first).concat(endings.slice(0, first)),
);
