import { install } from '@kyhooks/fetch';
import ky, { type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const url = 'https://api.test/';
let sent: string[];
const platform: typeof fetch = (input, init) => {
  sent.push(new Request(input, init).url);
  return Promise.resolve(new Response('answer'));
};
beforeEach(() => {
  sent = [];
  vi.stubGlobal('fetch', platform);
});
afterEach(() => vi.unstubAllGlobals());

/** A layer's work, as far as it can be seen: where a call goes. */
const to = (path: string): Options => ({
  hooks: { beforeRequest: [({ request }) => new Request(new URL(path, request.url))] },
});

describe('the global fetch is replaced', () => {
  test.each<[string, Options | KyInstance | undefined, string]>([
    ['by one with the layers of a fragment', to('/layer'), `${url}layer`],
    ['by one with the layers of an instance', ky.create(to('/layer')), `${url}layer`],
    [
      'by one of a fragment that leaves `fetch` open',
      { ...to('/layer'), fetch: undefined as never },
      `${url}layer`,
    ],
    ['by one of ky without layers', undefined, url],
  ])('%s', async (_, source, expected) => {
    {
      using installed = install(source);
      expect(installed.original).toBe(platform);
      expect(globalThis.fetch).not.toBe(platform);
      expect(await (await fetch(url)).text()).toBe('answer');
      expect(sent).toEqual([expected]);
    }
    expect(globalThis.fetch).toBe(platform);
  });

  test.each<[string, (fetch: typeof platform) => Options | KyInstance]>([
    ['a fragment', (send) => ({ fetch: send })],
    ['an instance', (send) => ky.create({ fetch: send })],
  ])('and %s sends with a `fetch` of its own', async (_, source) => {
    using installed = install(source(() => Promise.resolve(new Response('mine'))));
    expect(installed.original).toBe(platform);
    expect(await (await fetch(url)).text()).toBe('mine');
    expect(sent).toEqual([]);
  });
});

describe('where somebody else has replaced it since', () => {
  test('theirs stays, and the layers are out of it all the same', async () => {
    const installed = install(to('/layer'));
    const ours = globalThis.fetch;
    const theirs: typeof fetch = (input, init) => ours(input, init);
    globalThis.fetch = theirs;
    await fetch(url);
    installed[Symbol.dispose]();
    expect(globalThis.fetch).toBe(theirs);
    await fetch(url);
    expect(sent).toEqual([`${url}layer`, url]);
  });

  test('two of ours can be taken away in any order', async () => {
    const first = install(to('/first'));
    const second = install(to('/second'));
    await fetch(url);
    first[Symbol.dispose]();
    await fetch(url);
    second[Symbol.dispose]();
    await fetch(url);
    expect(sent).toEqual([`${url}first`, `${url}second`, url]);
  });
});
