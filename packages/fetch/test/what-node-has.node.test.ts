import { getEventListeners } from 'node:events';
import { install, toFetch } from '@kyhooks/fetch';
import { networkError, outcome } from '@kyhooks/testing';
import type { Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const url = 'https://api.test/';
let sent: string[];
beforeEach(() => {
  sent = [];
  vi.stubGlobal('fetch', ((input, init) => {
    sent.push(new URL(new Request(input, init).url).pathname);
    return Promise.resolve(new Response('answer'));
  }) satisfies typeof fetch);
});
afterEach(() => vi.unstubAllGlobals());

describe('what a callback of a layer asks for by the global fetch', () => {
  const asking: Options = {
    hooks: {
      beforeRequest: [
        async ({ request }) => {
          await fetch('https://api.test/token');
          request.headers.set('authorization', 'Bearer token');
        },
      ],
    },
  };

  test('goes past the layers, of each call by itself', async () => {
    using installed = install(asking);
    expect(fetch).not.toBe(installed.original);
    await Promise.all([fetch(`${url}a`), fetch(`${url}b`)]);
    expect(sent.toSorted()).toEqual(['/a', '/b', '/token', '/token']);
    await fetch(`${url}c`);
    expect(sent.slice(4)).toEqual(['/token', '/c']);
  });
});

describe('where the runtime cannot follow what is asked inside', () => {
  test.each<[string, object | undefined]>([
    ['without a process, as in browsers', undefined],
    ['without built-in modules to be had', {}],
    ['without this one', { getBuiltinModule: () => undefined }],
  ])('calls go through the layers, %s', async (_, process) => {
    const asked = vi.fn<() => void>();
    const { process: native } = globalThis;
    vi.stubGlobal('process', process);
    using installed = install({ hooks: { beforeRequest: [asked] } });
    vi.stubGlobal('process', native);
    expect(fetch).not.toBe(installed.original);
    expect(await (await fetch(url)).text()).toBe('answer');
    expect(asked).toHaveBeenCalledTimes(1);
  });
});

describe('a body that flows is sent as it is', () => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode('one ');
    yield new TextEncoder().encode('two');
  }
  test.each<[string, () => BodyInit]>([
    ['a stream', () => new Blob(['one two']).stream()],
    ['an async iterable', () => chunks() as never],
  ])('%s', async (_, body) => {
    const texts: string[] = [];
    const error = networkError('ECONNRESET');
    const send: typeof fetch = async (input, init) => {
      texts.push(await new Request(input, init).text());
      throw error;
    };
    const init = { method: 'PUT', body: body(), duplex: 'half' } as RequestInit;
    expect(await outcome(toFetch({ fetch: send })(url, init))).toBe(error);
    expect(texts).toEqual(['one two']);
  });
});

test('nothing at all is refused in the words of the platform', async () => {
  const said = new TypeError('in words of its own');
  const send: typeof fetch = () => Promise.reject(said);
  expect(await outcome(toFetch({ fetch: send })(undefined as never))).toBe(said);
});

test('a signal that outlives its calls has no listener of theirs', async () => {
  const { signal } = new AbortController();
  const send: typeof fetch = () => Promise.resolve(new Response());
  for (const headers of [undefined, { 'x-a': '1' }])
    await (await toFetch({ fetch: send })(url, { signal, ...(headers && { headers }) })).text();
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
