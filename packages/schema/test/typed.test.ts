import ky, { HTTPError, type ResponsePromise } from 'ky';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { isSchemaError, typed } from '../src/index.ts';
import { type Answered, client, errorOf, user, User } from './kit.ts';

const Conflict = v.object({ by: v.string() });
const Problem = v.object({ title: v.string() });
const routes = {
  'GET /v1/users/:id': { 200: User, default: Problem },
  'GET /v1/users/me': v.object({ me: v.boolean() }),
  'GET /v1/users': { search: v.object({ page: v.number() }), 200: v.array(User) },
  'POST /v1/users': { body: User, 201: User, 409: Conflict, default: Problem },
  'GET /v1/files/*': v.object({ size: v.number() }),
};

const world = (
  ...answers: Answered[]
): { base: ReturnType<typeof client>; api: ReturnType<typeof typed<typeof routes>> } => {
  const base = client(...answers);
  return { base, api: typed(base, routes) };
};

describe('a typed client', () => {
  test('fills the template, and checks what comes back', async () => {
    const { base, api } = world({ json: { ...user, extra: 1 } });
    expect(await api.get('/v1/users/:id', { params: { id: 42 } }).json()).toEqual(user);
    expect(base.requests[0]!.url).toBe('https://api.test/v1/users/42');
    expect(base.records[0]!.route).toBe('/v1/users/:id');
    const drifted = world({ json: { id: '1' } });
    expect(
      isSchemaError(await errorOf(drifted.api.get('/v1/users/:id', { params: { id: 42 } }).json())),
    ).toBe(true);
  });

  test('below a baseUrl with a path, and below a prefix', async () => {
    const urls: string[] = [];
    const fetch = async (input: unknown): Promise<Response> => {
      urls.push((input as Request).url);
      return Response.json(user);
    };
    await typed(ky.create({ baseUrl: 'https://api.test/base/', fetch }), routes)
      .get('/v1/users/:id', { params: { id: 1 } })
      .json();
    await typed(ky.create({ prefix: 'https://api.test/base', fetch }), routes)
      .get('/v1/users/:id', { params: { id: 1 } })
      .json();
    expect(urls).toEqual(['https://api.test/base/v1/users/1', 'https://api.test/base/v1/users/1']);
  });

  test('the route is the one that was named, whatever the value', async () => {
    const { api, base } = world({ json: user });
    expect(await api.get('/v1/users/:id', { params: { id: 'me' } }).json()).toEqual(user);
    expect(base.records[0]!.route).toBe('/v1/users/:id');
    expect(await errorOf(api.get('/v1/users/me').json())).toMatchObject({
      kind: 'invalid',
      route: '/v1/users/me',
    });
  });

  test('values are encoded, and cannot leave the path', async () => {
    const { api, base } = world({ json: user });
    await api.get('/v1/users/:id', { params: { id: 'a/../b?c' } }).json();
    expect(base.requests[0]!.url).toBe('https://api.test/v1/users/a%2F..%2Fb%3Fc');
    expect(() => api.get('/v1/users/:id', { params: { id: '..' } })).toThrow(TypeError);
    await errorOf(api.get('/v1/files/*', { params: { '*': 'a b/c' } }));
    expect(base.requests[1]!.url).toBe('https://api.test/v1/files/a%20b/c');
  });

  test.each([
    ['https://api.test/', 'https://api.test/'],
    ['https://api.test/base/', 'https://api.test/base/'],
    ['https://api.test/base/page', 'https://api.test/base/'],
  ])('a rest cannot leave %s', async (baseUrl, base) => {
    const api = client({ json: 1 });
    const all = typed(api.extend({ baseUrl }), { 'GET /*': v.number(), 'GET /': v.number() });
    for (const rest of ['a/b', '/a', '//evil.test/a', '///evil.test', '\\\\evil.test', 'https://evil.test'])
      expect(await all.get('/*', { params: { '*': rest } }).json()).toBe(1);
    expect(await all.get('/').json()).toBe(1);
    expect(api.requests.map(({ url }) => url)).toEqual([
      `${base}a/b`,
      `${base}/a`,
      `${base}//evil.test/a`,
      `${base}///evil.test`,
      `${base}%5C%5Cevil.test`,
      `${base}https%3A//evil.test`,
      base,
    ]);
  });

  test('a path that is not among the routes is sent all the same, unchecked', async () => {
    const { api, base } = world({ json: 1 });
    const get = api.get as unknown as (path: string) => ResponsePromise;
    expect(await get('/v1/teams').json()).toBe(1);
    expect(base.records[0]!.route).toBe('/v1/teams');
  });

  test('HEAD is checked by the route of GET, and its own parameters only', async () => {
    const base = client({ body: null });
    const api = typed(base.extend({ searchParams: { key: 'k' } }), routes);
    await api.head('/v1/users', { searchParams: { page: 2 } });
    expect(base.requests.map(({ url }) => url)).toEqual(['https://api.test/v1/users?key=k&page=2']);
    expect(await errorOf(api.head('/v1/users', { searchParams: { page: 'x' as never } }))).toMatchObject({
      part: 'search',
    });
  });

  test('what does not fit is not sent', async () => {
    const { api, base } = world({ json: user });
    expect(await errorOf(api.post('/v1/users', { json: { ...user, id: 'x' as never } }))).toMatchObject({
      part: 'body',
    });
    expect(await errorOf(api.get('/v1/users', { searchParams: { page: 'x' as never } }))).toMatchObject({
      part: 'search',
    });
    expect(base.requests).toHaveLength(0);
  });

  test('search parameters of the instance are not taken for those of the call', async () => {
    const base = client({ json: [user] });
    const api = typed(base.extend({ searchParams: { key: 'k' } }), routes).extend({
      searchParams: { lang: 'en' },
    });
    expect(await api.get('/v1/users', { searchParams: { page: 2 } }).json()).toEqual([user]);
    expect(base.requests[0]!.url).toBe('https://api.test/v1/users?key=k&lang=en&page=2');
    expect(await errorOf(api.get('/v1/users', { searchParams: { page: 'x' as never } }))).toMatchObject({
      part: 'search',
    });
    expect(
      await errorOf((api.get as unknown as (path: string) => PromiseLike<unknown>)('/v1/users')),
    ).toMatchObject({
      part: 'search',
    });
  });

  test('takes ky options, layers and hooks of a call, and can be extended', async () => {
    const { api, base } = world({ json: user });
    const seen: string[] = [];
    const more = api.extend({ headers: { 'x-app': 'a' } });
    await more
      .get('/v1/users/:id', {
        params: { id: 1 },
        hooks: { beforeRequest: [({ request }) => void seen.push(request.headers.get('x-app')!)] },
      })
      .json();
    expect(seen).toEqual(['a']);
    expect(base.records[0]!.route).toBe('/v1/users/:id');
    expect(await more.ky.get('v1/users/1').json()).toEqual(user);
    expect((await api.head('/v1/users/:id', { params: { id: 1 } })).status).toBe(200);
  });
});

describe('problem()', () => {
  const failing = async (
    answer: Answered,
  ): Promise<{ error: unknown; api: ReturnType<typeof world>['api'] }> => {
    const { api } = world(answer);
    return { api, error: await errorOf(api.post('/v1/users', { json: user }).json()) };
  };

  test('gives the data of an error by status', async () => {
    const { api, error } = await failing({ status: 409, json: { by: 'Ada', extra: 1 } });
    const problem = api.problem(error, 'POST /v1/users');
    expect(problem).toEqual({ status: 409, data: { by: 'Ada' }, error });
    expect(problem?.error).toBeInstanceOf(HTTPError);
    expect(api.problem(error, 'GET /v1/users/:id')).toBeUndefined();
  });

  test.each([
    ['null', v.null(), null],
    ['text', v.string(), 'busy'],
    ['a number', v.number(), 0],
  ])('gives data that is %s', async (_, one, json) => {
    const api = typed(client({ status: 503, json }), { 'GET /a': { '5XX': one } });
    const error = await errorOf(api.get('/a').json());
    expect(api.problem(error, 'GET /a')).toEqual({ status: 503, data: json, error });
    const drifted = typed(client({ status: 503, json }), { 'GET /a': { '5XX': v.boolean() } });
    const other = await errorOf(drifted.get('/a').json());
    expect([other.data, drifted.problem(other, 'GET /a')]).toEqual([json, undefined]);
  });

  test('gives none where a hook has put other data in its place', async () => {
    const { api } = world({ status: 409, json: { by: 'Ada' } });
    const hooks = {
      beforeError: [
        ({ error }: { error: Error }) => (error instanceof HTTPError && (error.data = { by: 1 }), error),
      ],
    };
    const error = await errorOf(api.post('/v1/users', { json: user, hooks }).json());
    expect(error).toMatchObject({ data: { by: 1 } });
    expect(api.problem(error, 'POST /v1/users')).toBeUndefined();
  });

  test('gives none where the data did not keep its contract, or for other errors', async () => {
    const drifted = await failing({ status: 409, json: { by: 1 } });
    expect(drifted.error).toMatchObject({ data: { by: 1 } });
    expect(drifted.api.problem(drifted.error, 'POST /v1/users')).toBeUndefined();
    const text = await failing({ status: 500, body: 'busy', type: 'text/plain' });
    expect(text.api.problem(text.error, 'POST /v1/users')).toBeUndefined();
    for (const other of [new Error('other'), undefined, null, 'text'])
      expect(text.api.problem(other, 'POST /v1/users')).toBeUndefined();
  });
});
