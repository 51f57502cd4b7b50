import { traceOf } from '@kyhooks/core';
import ky, { type Options } from 'ky';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type Drift, isSchemaError, schema, type SchemaOptions } from '../src/index.ts';
import { client, errorOf, type Outcome, schemaOf, user, User } from './kit.ts';

const routes = {
  'POST /v1/users': { body: User, 201: User },
  'GET /v1/users': {
    search: v.object({
      page: v.optional(v.number()),
      tag: v.optional(v.union([v.string(), v.array(v.string())])),
    }),
  },
  'PUT /v1/users': { body: schemaOf(async () => ({ issues: [{ message: 'never' }] })) },
  'PATCH /v1/users': { body: schemaOf(() => Promise.reject(new TypeError('broken'))) },
};

async function send(
  method: string,
  options: Options,
  settings: SchemaOptions = {},
): Promise<{ error: Outcome | undefined; sent: number; drifts: Drift[] }> {
  const drifts: Drift[] = [];
  const api = client({ status: method === 'post' ? 201 : 200, json: user });
  const checked = api.extend(schema(routes, { onDrift: (drift) => void drifts.push(drift), ...settings }));
  const error = await errorOf(checked('v1/users', { method, ...options }).json());
  return { error: 'noError' in error ? undefined : error, sent: api.requests.length, drifts };
}

describe('the body', () => {
  test('that fits is sent', async () => {
    expect(await send('post', { json: user })).toEqual({ error: undefined, sent: 1, drifts: [] });
  });

  test.each<[string, string, Options, string]>([
    [
      'that does not fit',
      'post',
      { json: { ...user, id: 'secret' } },
      'POST /v1/users was not sent: its schema rejects the body: id: expected number, got a string',
    ],
    [
      'that is missing',
      'post',
      {},
      'POST /v1/users was not sent: its schema rejects the body: Invalid type: Expected Object but received undefined',
    ],
    [
      'checked by an async schema',
      'put',
      { json: 1 },
      'PUT /v1/users was not sent: its schema rejects the body: never',
    ],
    [
      'whose schema throws',
      'patch',
      { json: 1 },
      'PATCH /v1/users was not sent: its schema of the body threw TypeError',
    ],
  ])('%s is not', async (_, method, options, message) => {
    const { error, sent, drifts } = await send(method, options);
    expect(error?.message).toBe(message);
    expect(error).toMatchObject({ direction: 'request', part: 'body', route: '/v1/users' });
    expect(error).not.toHaveProperty('status');
    expect(sent).toBe(0);
    expect(drifts).toEqual([error]);
    expect(traceOf(error)).toMatchObject({
      outcome: 'failed',
      error: 'SCHEMA',
      decisions: [{ layer: 'schema', verdict: 'refused', reason: expect.stringMatching(/^request body: /) }],
    });
  });

  test('that is not JSON is not looked into', async () => {
    expect((await send('post', { body: 'text' })).error).toBeUndefined();
    const api = client({ status: 201, json: user });
    await api.extend(schema(routes))(
      new Request('https://api.test/v1/users', { method: 'POST', body: '{}' }),
    );
    expect(api.requests).toHaveLength(1);
  });

  test('that is missing shows where a Request tells nothing of its body, as in Firefox', async () => {
    const hide = ({ request }: { request: Request }): void =>
      void Object.defineProperty(request, 'body', { value: undefined });
    const hooks = { beforeRequest: [hide] };
    expect(await send('post', { hooks })).toMatchObject({ error: { part: 'body' }, sent: 0 });
    expect(await send('post', { hooks, body: 'text' })).toMatchObject({ error: undefined, sent: 1 });
  });

  test('what is sent is what was given, not what the schema makes of it', async () => {
    const api = client({ json: user });
    const body = v.pipe(v.string(), v.transform(Number));
    await api.extend(schema({ 'POST /v1/users': { body } })).post('v1/users', { json: '1' });
    expect(api.sent).toEqual(['"1"']);
  });

  test('under report it is sent, under off it is not looked at', async () => {
    const told = await send('post', { json: {} }, { mode: 'report' });
    expect(told).toMatchObject({
      error: undefined,
      sent: 1,
      drifts: [{ direction: 'request', part: 'body', kind: 'invalid' }],
    });
    expect(traceOf(told.drifts[0])!.decisions[0]).toMatchObject({
      verdict: 'note',
      reason: 'request body: invalid at id, name',
    });
    expect(await send('post', { json: {} }, { mode: 'off' })).toEqual({
      error: undefined,
      sent: 1,
      drifts: [],
    });
  });

  test('beforeError hooks see the refusal', async () => {
    const hooks: Options['hooks'] = {
      beforeError: [({ error }) => new Error('rewritten', { cause: error })],
    };
    const { error } = await send('post', { json: {}, hooks });
    expect(error?.message).toBe('rewritten');
    expect(isSchemaError(error?.cause)).toBe(true);
  });
});

describe('search parameters', () => {
  test.each<[string, Options['searchParams'], boolean]>([
    ['an object as it is', { page: 2 }, true],
    ['undefined is left out', { page: undefined }, true],
    ['none', undefined, true],
    ['a wrong type', { page: 'two' }, false],
    ['a string, read as strings', 'page=2', false],
    [
      'URLSearchParams, several of a name',
      new URLSearchParams([
        ['tag', 'a'],
        ['tag', 'b'],
      ]),
      true,
    ],
    ['pairs', [['tag', 'a']], true],
  ])('%s', async (_, searchParams, fits) => {
    const { error, sent } = await send('get', searchParams === undefined ? {} : { searchParams });
    const refusal =
      'GET /v1/users was not sent: its schema rejects the search parameters: page: expected number, got a string';
    expect([sent, error?.message]).toEqual(fits ? [1, undefined] : [0, refusal]);
    expect(error?.part).toBe(fits ? undefined : 'search');
  });

  test('in the path are read as well', async () => {
    const api = client({ json: user }).extend(schema(routes));
    expect(await errorOf(api.get('v1/users?page=x').json())).toMatchObject({ part: 'search' });
  });
});

describe('what a schema is given of them', () => {
  const seen: unknown[] = [];
  const taking = schema({
    'GET /a': { search: schemaOf((value) => (seen.push(value), { value })) },
  });
  test.each<[string, string, Options['searchParams'], unknown]>([
    ['nothing', 'a', undefined, {}],
    ['null', 'a', null as never, {}],
    ['an object without what is undefined', 'a', { page: 2, tag: undefined }, { page: 2 }],
    ['once', 'a', 'tag=a', { tag: 'a' }],
    ['two of a name', 'a?tag=a&tag=b', undefined, { tag: ['a', 'b'] }],
    ['three of a name', 'a?tag=a&tag=b', 'tag=c', { tag: ['a', 'b', 'c'] }],
    ['an empty one', 'a?tag=', undefined, { tag: '' }],
  ])('%s', async (_, path, searchParams, expected) => {
    seen.length = 0;
    await client({ json: 1 }).extend(taking).get(path, { searchParams });
    expect(seen).toStrictEqual([expected]);
  });
});

test('HEAD is checked by the route of GET', async () => {
  const api = client({ body: null });
  const checked = api.extend(schema({ 'GET /v1/users': routes['GET /v1/users'] }));
  const error = await errorOf(checked.head('v1/users', { searchParams: { page: 'x' } }));
  expect(error).toMatchObject({ method: 'HEAD', route: '/v1/users', part: 'search' });
  expect(api.requests).toHaveLength(0);
  await checked.head('v1/users', { searchParams: { page: 2 } });
  expect(api.requests).toHaveLength(1);
});

test('a path without a route is sent, though its method has routes that are checked', async () => {
  const api = client({ json: user });
  await api.extend(schema(routes)).post('v1/teams', { json: 1 });
  expect(api.sent).toEqual(['1']);
});

describe('a call that is aborted while an async schema is asked', () => {
  test.each<[string, (late: () => void) => Promise<never>]>([
    ['never answers', () => new Promise(() => undefined)],
    [
      'answers later',
      async (late) => {
        await Promise.resolve();
        late();
        throw new Error('late');
      },
    ],
  ])('ends with the reason, and nothing is told, though the schema %s', async (_, asked) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const drifts: Drift[] = [];
    const body = schemaOf(() => {
      const answer = asked(() => controller.abort(reason));
      queueMicrotask(() => controller.abort(reason));
      return answer;
    });
    const api = client({ json: 1 });
    const checked = api.extend(
      schema({ 'POST /a': { body } }, { onDrift: (drift) => void drifts.push(drift) }),
    );
    const error = await errorOf(checked.post('a', { json: 1, signal: controller.signal }));
    expect(error).toBe(reason);
    expect(api.requests).toHaveLength(0);
    expect([drifts, traceOf(error)]).toMatchObject([[], { outcome: 'aborted', decisions: [] }]);
  });
});

test('a method inside a Request is known too', async () => {
  const api = client({ json: user }).extend(
    schema({ 'POST /v1/users': { search: v.object({ a: v.string() }) } }),
  );
  expect(await errorOf(api(new Request('https://api.test/v1/users', { method: 'POST' })))).toMatchObject({
    method: 'POST',
  });
});

test('a plain ky call without a matching method is not hooked', async () => {
  const api = ky.create({ baseUrl: 'https://api.test/', fetch: async () => new Response('1') });
  expect(await api.extend(schema(routes)).delete('v1/users').json()).toBe(1);
});
