import { auth, type AuthOptions, inQuery } from '@kyhooks/auth';
import ky, { type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { type RealServer, realServer } from './real-server.ts';

/** What arrived, as `path header`. */
interface Seen {
  readonly lines: string[];
  readonly server: RealServer;
}

/** Answers `/to?<url>` by a redirect there, everything else by `ok`. */
async function witness(name: string, lines: string[]): Promise<RealServer> {
  return realServer((response, { url = '', headers }) => {
    const [path, query = ''] = url.split('?');
    const parameters = new URLSearchParams(query);
    const credentials = [headers.authorization, headers['x-api-key'], parameters.get('key')].find(Boolean);
    lines.push(`${name}${path} ${String(credentials ?? '-')}`);
    const target = parameters.get('to');
    if (path === '/to' && target) response.writeHead(307, { location: target }).end();
    else response.end('ok');
  });
}

async function send(
  options: AuthOptions,
  target: 'same' | 'other',
  more: Options = {},
): Promise<Seen['lines'] | string> {
  const lines: string[] = [];
  await using own = await witness('own', lines);
  await using other = await witness('other', lines);
  const to = `${target === 'same' ? own.url : other.url}there`;
  const api = ky.create({ baseUrl: own.url, retry: 0, ...more }).extend(auth(options));
  try {
    await api.get('to', { searchParams: { to } }).text();
    return lines;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const bearer: AuthOptions = { token: 'secret' };
const apiKey: AuthOptions = { token: 'secret', header: 'x-api-key', scheme: '' };
const query: AuthOptions = { token: 'secret', sign: inQuery('key') };
const byHand: AuthOptions = {
  token: 'secret',
  sign: ({ headers }, token) => headers.set('x-api-key', token!),
};

describe('redirects over real sockets', () => {
  test.each<[string, AuthOptions, 'same' | 'other', Options, unknown]>([
    [
      'a bearer token goes along within the origin',
      bearer,
      'same',
      {},
      ['own/to Bearer secret', 'own/there Bearer secret'],
    ],
    ['and not to another', bearer, 'other', {}, ['own/to Bearer secret', 'other/there -']],
    ['a key in a header stops the redirect', apiKey, 'other', {}, 'AUTH_REDIRECT'],
    ['also within the origin, which nobody can tell before', apiKey, 'same', {}, 'AUTH_REDIRECT'],
    ['also one that a function has set', byHand, 'other', {}, 'AUTH_REDIRECT'],
    [
      'unless ky is told to follow',
      apiKey,
      'other',
      { redirect: 'follow' },
      ['own/to secret', 'other/there secret'],
    ],
    ['a key in the query does not go along', query, 'other', {}, ['own/to secret', 'other/there -']],
  ])('%s', async (_, options, target, more, expected) => {
    expect(await send(options, target, more)).toEqual(expected);
  });
});

test('a 401 of another origin, to which a redirect led, says nothing of our token', async () => {
  let refreshes = 0;
  await using other = await realServer((response) => response.writeHead(401).end());
  await using own = await realServer((response) => response.writeHead(307, { location: other.url }).end());
  const refresh = (): string => `t${++refreshes}`;
  const api = ky.create({ baseUrl: own.url, retry: 0 }).extend(auth({ token: () => 'secret', refresh }));
  const error: unknown = await api.get('a').catch((thrown: unknown) => thrown);
  expect([(error as Error).name, refreshes]).toEqual(['HTTPError', 0]);
});

test('a body keeps its length where the key is in the query', async () => {
  const lengths: unknown[] = [];
  await using server = await realServer((response, { headers, url }) => {
    lengths.push([url, headers['content-length'], headers['content-type']]);
    response.end('ok');
  });
  const api = ky.create({ baseUrl: server.url }).extend(auth({ token: 'secret', sign: inQuery('key') }));
  await api.post('a', { json: { b: 1 } }).text();
  expect(lengths).toEqual([['/a?key=secret', '7', 'application/json']]);
});

test('a token is refreshed once for 50 calls over real sockets', async () => {
  let refreshes = 0;
  await using api = await realServer((response, { headers }) => {
    response.statusCode = headers.authorization === 'Bearer new' ? 200 : 401;
    response.end('ok');
  });
  const refresh = async (): Promise<string> => {
    refreshes++;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return 'new';
  };
  const client = ky.create({ baseUrl: api.url, retry: 0 }).extend(auth({ token: () => 'old', refresh }));
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => client.post('a', { json: { b: 1 } }).text()),
  );
  expect(new Set(answers)).toEqual(new Set(['ok']));
  expect(refreshes).toBe(1);
  // Some calls may have started when the new token was there already.
  expect(api.received).toBeLessThanOrEqual(100);
});
