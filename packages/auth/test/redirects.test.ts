import { outcome, virtualClock } from '@kyhooks/testing';
import ky, { type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { auth, type AuthOptions, type Sign } from '../src/index.ts';

const apiKey: AuthOptions = { token: 'secret', header: 'x-api-key', scheme: '' };

/** A response that says of itself what only those of a network do. */
function told(response: Response, said: Readonly<Record<string, unknown>>): Response {
  for (const [name, value] of Object.entries(said))
    Object.defineProperty(response, name, { value, configurable: true });
  return response;
}

interface Sent {
  readonly end: unknown;
  /** What becomes of redirects, for each request: `undefined` where `fetch` goes by the request itself. */
  readonly redirects: readonly (RequestRedirect | undefined)[];
}

/** What comes of a call that is answered by the one response. */
async function send(options: AuthOptions, response: () => Response, more: Options = {}): Promise<Sent> {
  using clock = virtualClock();
  const redirects: (RequestRedirect | undefined)[] = [];
  const api = ky
    .create({
      baseUrl: 'https://api.test/',
      retry: 0,
      fetch: async (_, init) => (redirects.push(init?.redirect), response()),
    })
    .extend(auth(options));
  return { end: await clock.finish(outcome(api.get('a', { throwHttpErrors: false, ...more }))), redirects };
}

const redirect = (status = 307): Response => new Response('', { status, headers: { location: '/b' } });

describe('a header that a redirect would carry along', () => {
  test.each([301, 302, 303, 307, 308])('ends with AUTH_REDIRECT at status %i', async (status) => {
    const { end, redirects } = await send(apiKey, () => redirect(status));
    expect(end).toMatchObject({
      name: 'AuthError',
      code: 'AUTH_REDIRECT',
      message: 'GET https://api.test/a was redirected; set `redirect` to let the credentials go along',
      request: { url: 'https://api.test/a' },
      response: undefined,
      data: undefined,
    });
    expect(end).not.toHaveProperty('cause');
    expect(redirects).toEqual(['manual']);
  });

  test('also where the platform does not show the redirect', async () => {
    const hidden = (): Response => told(new Response(null), { type: 'opaqueredirect', status: 0 });
    expect((await send(apiKey, hidden)).end).toMatchObject({ code: 'AUTH_REDIRECT' });
  });

  test.each([
    ['an answer', 200, {}],
    ['one that names a place', 201, { location: '/b' }],
    ['a redirect to nowhere', 302, {}],
    ['several choices, of which fetch follows none', 300, { location: '/b' }],
    ['what has not changed', 304, { location: '/b' }],
    ['an error that names a place', 400, { location: '/b' }],
  ])('does not keep %s from the caller', async (_, status, headers) => {
    const { end } = await send(apiKey, () => new Response(null, { status, headers }));
    expect(end).toMatchObject({ status });
  });

  test('gives the body of the redirect back', async () => {
    let cancelled = false;
    const body = (): ReadableStream => new ReadableStream({ cancel: () => void (cancelled = true) });
    await send(apiKey, () => new Response(body(), redirect()));
    expect(cancelled).toBe(true);
  });

  test('is not outdone by a body that breaks', async () => {
    // What nobody handles would end a process, and fails this run.
    const body = (): ReadableStream =>
      new ReadableStream({
        cancel: () => {
          throw new Error('the connection broke');
        },
      });
    const { end } = await send(apiKey, () => new Response(body(), redirect()));
    expect(end).toMatchObject({ code: 'AUTH_REDIRECT' });
  });

  test.each<RequestRedirect>(['follow', 'manual', 'error'])(
    'goes where the user has said, by `redirect: %s`',
    async (own) => {
      const { end, redirects } = await send(apiKey, redirect, { redirect: own });
      expect([end, redirects]).toEqual([expect.objectContaining({ status: 307 }), [undefined]]);
    },
  );
});

test.each<RequestRedirect>(['manual', 'error'])(
  'a Request that says `redirect: %s` is not made to say anything else',
  async (own) => {
    const said: unknown[] = [];
    const api = ky
      .create({
        baseUrl: 'https://api.test/',
        fetch: async (input, init) => (
          said.push((input as Request).redirect, init?.redirect),
          new Response('ok')
        ),
      })
      .extend(auth(apiKey));
    await api(new Request('https://api.test/a', { redirect: own })).text();
    expect(said).toEqual([own, undefined]);
  },
);

const headers: Options = { headers: { 'x-own': 'mine', authorization: 'Basic own' } };
const signs = (...names: readonly string[]): Sign => {
  return (request, token) => {
    for (const name of names) request.headers.set(name, token!);
  };
};

test.each<[string, AuthOptions]>([
  ['the default', { token: 'secret' }],
  ['the same in other letters', { token: 'secret', header: 'Authorization' }],
  ['a cookie', { token: 'secret', header: 'cookie' }],
  ["a proxy's", { token: 'secret', header: 'Proxy-Authorization' }],
  ['one that a function sets', { token: 'secret', sign: signs('Authorization') }],
  ['a function that sets none', { token: 'secret', sign: () => undefined }],
])('a header that fetch takes off by itself lets redirects be followed: %s', async (_, options) => {
  const { end, redirects } = await send(options, redirect, headers);
  expect([end, redirects]).toEqual([expect.objectContaining({ status: 307 }), [undefined]]);
});

test('of the headers that a function sets, one is enough to stop a redirect', async () => {
  const { end } = await send({ token: 'secret', sign: signs('authorization', 'x-sig') }, redirect);
  expect(end).toMatchObject({ code: 'AUTH_REDIRECT' });
});

describe('a 401 from where a redirect has led', () => {
  /** Whether it was taken for an answer to the credentials. */
  async function isOurs(options: AuthOptions, url: string, more: Options = {}): Promise<boolean> {
    const answer = (): Response => told(new Response('', { status: 401 }), { redirected: true, url });
    const { end } = await send(options, answer, { throwHttpErrors: true, ...more });
    return (end as Error).name === 'AuthError';
  }
  const other = 'https://other.test/b';
  const both = { origins: ['https://api.test', 'https://other.test'] };

  test('is ours within the origin', async () => {
    expect(await isOurs({ token: 'secret' }, 'https://api.test/b')).toBe(true);
  });

  test.each<[string, AuthOptions, Options]>([
    ['with the origin of the base', {}, {}],
    ['also where the other origin is allowed as well: fetch has taken the token off', both, {}],
    ['also where every origin is allowed', { origins: () => true }, {}],
  ])('says nothing of the token behind another, %s', async (_, options, more) => {
    expect(await isOurs({ token: 'secret', ...options }, other, more)).toBe(false);
  });

  test('is ours where the user let the key go along to an origin that is allowed', async () => {
    const follow: Options = { redirect: 'follow' };
    expect(await isOurs({ ...apiKey, ...both }, other, follow)).toBe(true);
    expect(await isOurs(apiKey, other, follow)).toBe(false);
  });

  test('does not have the token refreshed', async () => {
    let refreshes = 0;
    const refresh = (): string => `t${++refreshes}`;
    await isOurs({ token: () => 'secret', refresh, ...both }, other);
    expect(refreshes).toBe(0);
  });
});
