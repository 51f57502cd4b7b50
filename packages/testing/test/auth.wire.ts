import { auth, type AuthOptions } from '@kyhooks/auth';
import ky, { type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { type RealServer, realServer } from './real-server.ts';

/** What arrived, as `path header`. */
interface Seen {
  readonly lines: string[];
  readonly server: RealServer;
}

/** Answers `/to?<url>` by a redirect there, everything else by `ok`. */
async function server(name: string, lines: string[]): Promise<RealServer> {
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
  await using own = await server('own', lines);
  await using other = await server('other', lines);
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
const query: AuthOptions = { token: 'secret', query: 'key' };
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
