import { explain, traceOf } from '@kyhooks/core';
import { route } from '@kyhooks/core/route';
import ky, { isHTTPError, type Options, SchemaValidationError } from 'ky';
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import {
  type Drift,
  isSchemaError,
  schema,
  schemaDefaults,
  type Routes,
  type SchemaOptions,
} from '../src/index.ts';
import { client, errorOf, user, User } from './kit.ts';

const routes: Routes = { 'GET /v1/users/:id': User };
const wrong = { json: { id: '1' } };

test('pins the defaults', () => {
  expect(schemaDefaults).toEqual({ mode: 'strict', unknownKeys: 'ignore', values: false });
});

describe('which route', () => {
  test.each<[string, boolean, Options?]>([
    ['v1/users/1', true],
    ['v1/users/1?x=1#y', true],
    ['https://api.test/v1/users/1', true],
    ['v1/teams/1', false],
    ['v1/users/1', false, { method: 'put' }],
    ['v1/users/1', true, { method: 'GET' }],
    ['https://other.test/v1/users/1', false],
    ['v1/users/1', true, { baseUrl: 'https://other.test/v2/' }],
    ['/v1/users/1', false, { baseUrl: 'https://other.test/v2/' }],
    [
      'users/1',
      true,
      {
        prefix: 'https://api.test/v2/',
        baseUrl: undefined,
        ...schema({ 'GET /users/:id': User }),
      } as Options,
    ],
  ])('%s: %s %j', async (path, hit, options = {}) => {
    const api = client(wrong).extend(schema(routes));
    expect(isSchemaError(await errorOf(api(path, options).json()))).toBe(hit);
  });

  test('a Request', async () => {
    const api = client(wrong).extend(schema(routes));
    const error = await errorOf(api(new Request('https://api.test/v1/users/1')).json());
    expect(error).toMatchObject({ route: '/v1/users/:id', method: 'GET' });
    expect(await errorOf(api(new Request('https://api.test/v1/users/1', { method: 'POST' })).json())).toEqual(
      { noError: { id: '1' } },
    );
  });

  test('is on the record as the template, also when mode is off', async () => {
    for (const mode of ['strict', 'off'] as const) {
      const api = client({ json: user });
      await api.extend(schema(routes, { mode })).get('v1/users/1').json();
      await api.extend(schema(routes, { mode })).get('v1/teams/1').json();
      expect(api.records.map(({ route: template }) => template)).toEqual(['/v1/users/:id', undefined]);
    }
  });

  test('a name given by the caller chooses the contract, and stays on the record', async () => {
    const api = client(wrong);
    const both = api.extend(schema({ ...routes, 'GET /v1/users/me': v.looseObject({}) }));
    expect(isSchemaError(await errorOf(both.get('v1/users/me').json()))).toBe(false);
    expect(isSchemaError(await errorOf(both.get('v1/users/me', route('/v1/users/:id')).json()))).toBe(true);
    expect(isSchemaError(await errorOf(both.get('v1/users/1', route('/mine')).json()))).toBe(true);
    expect(api.records.map(({ route: template }) => template)).toEqual([
      '/v1/users/me',
      '/v1/users/:id',
      '/mine',
    ]);
  });
});

describe('one read, by every way of reading', () => {
  const fresh = (): ReturnType<typeof client> => client({ json: { ...user, extra: 1 } });

  test('json() of the call and of the response', async () => {
    expect(await fresh().extend(schema(routes)).get('v1/users/1').json()).toEqual(user);
    const response = await fresh().extend(schema(routes)).get('v1/users/1');
    expect(await response.json()).toEqual(user);
    expect(response.bodyUsed).toBe(true);
  });

  test('text(), bytes and streams are what was sent, and not checked', async () => {
    const api = client(wrong).extend(schema(routes));
    expect(await api.get('v1/users/1').text()).toBe('{"id":"1"}');
    expect(new TextDecoder().decode(await api.get('v1/users/1').arrayBuffer())).toBe('{"id":"1"}');
    const response = await api.get('v1/users/1');
    expect(await new Response(response.body).text()).toBe('{"id":"1"}');
  });

  test('json(schema) gets the output of the route', async () => {
    const Named = v.pipe(
      User,
      v.transform(({ name }) => name),
    );
    const api = client({ json: user }).extend(schema({ 'GET /v1/users/:id': Named }));
    expect(await api.get('v1/users/1').json(v.pipe(v.string(), v.toUpperCase()))).toBe('ADA');
    const error = await errorOf(api.get('v1/users/1').json(User));
    expect(error).toBeInstanceOf(SchemaValidationError);
    expect(isSchemaError(error)).toBe(true);
  });

  test('the body is never cloned', async () => {
    const clone = vi.spyOn(Response.prototype, 'clone');
    await client({ json: user })
      .extend(schema(routes, { maxBytes: 100 }))
      .get('v1/users/1')
      .json();
    await errorOf(client({ status: 404, json: user }).extend(schema(routes)).get('v1/users/1').json());
    expect(clone).not.toHaveBeenCalled();
    clone.mockRestore();
  });

  test('a hook that reads a clone tells of the same drift once', async () => {
    const drifts: Drift[] = [];
    const hooks: Options['hooks'] = {
      afterResponse: [async ({ response }) => void (await response.json().catch(() => undefined))],
    };
    const api = client(wrong).extend(schema(routes, { onDrift: (drift) => void drifts.push(drift) }));
    expect(isSchemaError(await errorOf(api.get('v1/users/1', { hooks }).json()))).toBe(true);
    expect(drifts).toHaveLength(1);
  });

  test('HEAD goes by the route of GET, and has no body', async () => {
    const api = client({ body: null, type: null });
    const checked = api.extend(schema(routes));
    expect((await checked.head('v1/users/1')).status).toBe(200);
    expect(await errorOf(checked.head('v1/users/1').json())).toMatchObject({
      kind: 'no-body',
      method: 'HEAD',
    });
    expect(api.records[0]).toMatchObject({ route: '/v1/users/:id', outcome: 'ok' });
  });
});

describe("where no route matches, all is ky's own", () => {
  test.each([
    ['', undefined],
    ['', v.optional(v.string(), 'none')],
    ['oops', undefined],
    ['{}', v.object({ a: v.string() })],
    ['1', undefined],
  ])('%j', async (body, own) => {
    const outcome = async (layer: Options): Promise<unknown> => {
      const error = await errorOf(
        client({ body })
          .extend(layer)
          .get('v1/teams')
          .json(own as never),
      );
      return error instanceof Error ? `${error.name}: ${error.message}` : error;
    };
    expect(await outcome(schema(routes))).toEqual(await outcome({}));
  });

  test("the user's own parser stays", async () => {
    const parseJson = (text: string): unknown => (text === '' ? 'nothing' : JSON.parse(text));
    const api = client({ body: '' }).extend(schema(routes));
    expect(await api.get('v1/teams', { parseJson }).json()).toBe('nothing');
  });
});

describe("the user's own parser", () => {
  test('parses, and its result is checked; it may be async', async () => {
    const api = client({ body: "{'id':1,'name':'Ada'}" }).extend(schema(routes));
    const parseJson = (text: string): unknown => JSON.parse(text.replaceAll("'", '"'));
    expect(await api.get('v1/users/1', { parseJson }).json()).toEqual(user);
    expect(await api.get('v1/users/1', { parseJson: async (text) => parseJson(text) }).json()).toEqual(user);
    expect(await errorOf(api.get('v1/users/1', { parseJson: () => ({}) }).json())).toMatchObject({
      kind: 'invalid',
    });
  });

  test('decides what an empty body is, and what it throws is thrown', async () => {
    const api = client({ body: '' }).extend(schema(routes));
    expect(await api.get('v1/users/1', { parseJson: () => user }).json()).toEqual(user);
    const mine = new Error('mine');
    const parseJson = (): never => {
      throw mine;
    };
    expect(await errorOf(api.get('v1/users/1', { parseJson }).json())).toBe(mine);
  });
});

describe('with others', () => {
  test('a failed schema is not retried, and is no failure of the transport', async () => {
    const api = client(wrong);
    const error = await errorOf(
      api
        .extend({ retry: { limit: 3, delay: () => 0 } })
        .extend(schema(routes))
        .get('v1/users/1')
        .json(),
    );
    expect(isSchemaError(error)).toBe(true);
    expect(isHTTPError(error)).toBe(false);
    expect(api.requests).toHaveLength(1);
    expect(traceOf(error)).toMatchObject({ outcome: 'ok', attempts: [{ status: 200 }] });
    expect(traceOf(error)!.attempts[0]!.error).toBeUndefined();
  });

  test('the data of errors that are retried is told of each time it differs', async () => {
    const drifts: Drift[] = [];
    const bad = (title: number): object => ({ status: 503, json: { title } });
    const api = client(bad(1), bad(2), { json: user });
    const Problem = v.object({ title: v.string() });
    const checked = api
      .extend({ retry: { limit: 3, delay: () => 0 } })
      .extend(
        schema(
          { 'GET /v1/users/:id': { 200: User, default: Problem } },
          { onDrift: (drift) => void drifts.push(drift) },
        ),
      );
    expect(await checked.get('v1/users/1').json()).toEqual(user);
    expect(drifts.map(({ status, kind }) => [status, kind])).toEqual([
      [503, 'invalid'],
      [503, 'invalid'],
    ]);
  });

  test('an onDrift that throws breaks nothing, and is noted', async () => {
    const onDrift = (): never => {
      throw new Error('mine');
    };
    const response = client(wrong)
      .extend(schema(routes, { mode: 'report', onDrift }))
      .get('v1/users/1');
    expect(await response.json()).toEqual({ id: '1' });
    expect(traceOf(await response)!.decisions.at(-1)).toMatchObject({ layer: 'schema', verdict: 'threw' });
  });

  test('beforeError hooks are not asked about results, as in ky', async () => {
    const seen: unknown[] = [];
    const hooks: Options['hooks'] = { beforeError: [({ error }) => (seen.push(error), error)] };
    await errorOf(client(wrong).extend(schema(routes)).get('v1/users/1', { hooks }).json());
    expect(seen).toEqual([]);
  });
});

describe('refined', () => {
  test('routes are added and replaced by name; options change one by one', async () => {
    const api = client(wrong)
      .extend(schema(routes, { values: true }))
      .extend(schema({ 'GET /v1/teams/:id': User }))
      .extend(schema({ 'GET /v1/users/:id': v.object({ id: v.literal(2) }) }));
    const error = await errorOf(api.get('v1/users/1').json());
    expect(error.issues).toHaveLength(1);
    expect(error.issues?.[0]).toMatchObject({ path: 'id', value: '1' });
    expect(await errorOf(api.get('v1/teams/1').json())).toMatchObject({ route: '/v1/teams/:id' });
    expect(explain(api).layers.find(({ name }) => name === 'schema')?.options).toEqual({
      mode: '"strict"',
      unknownKeys: '"ignore"',
      values: 'true',
      routes: '2',
    });
  });

  test('for one call, and removed', async () => {
    const api = client(wrong).extend(schema(routes));
    expect(await api.get('v1/users/1', schema({}, { mode: 'off' })).json()).toEqual({ id: '1' });
    expect(await api.get('v1/users/1', schema({}, { mode: 'report' })).json()).toEqual({ id: '1' });
    expect(await api.get('v1/users/1', schema(false)).json()).toEqual({ id: '1' });
    expect(isSchemaError(await errorOf(api.get('v1/users/1').json()))).toBe(true);
  });

  test('explain() warns where no baseUrl tells whose routes they are', () => {
    expect(explain(ky.extend(schema(routes))).warnings).toEqual([
      'schema: without a baseUrl the routes match on every origin',
    ]);
    expect(explain(ky.extend(schema(routes)), { baseUrl: 'https://api.test/' }).warnings).toEqual([]);
    expect(explain(ky.extend(schema({}))).warnings).toEqual([]);
  });
});

describe('options that are not valid', () => {
  const faults = (given: unknown, options: unknown = {}): string[] => {
    try {
      schema(given as Routes, options as SchemaOptions);
    } catch (error) {
      return (error as { faults: { option: string; rule: string }[] }).faults.map(
        ({ option, rule }) => `${option} ${rule}`,
      );
    }
    return [];
  };

  test.each([
    [{ users: User }, 'must begin with a method'],
    [{ 'get /users': User }, 'must begin with a method in capitals'],
    [{ 'GET users': User }, 'leading slash'],
    [{ 'GET https://api.test/users': User }, 'leading slash'],
    [{ 'GET /users/{id}': User }, 'must have segments'],
    [{ 'GET /users/:id': User, 'GET /users/:name': User }, 'must not match the same paths as GET /users/:id'],
    [{ 'GET /users': null }, 'must be a schema or an object'],
    [{ 'GET /users': { 200: {} } }, 'must have a Standard Schema as 200, or one for each media type'],
    [{ 'GET /users': { 200: { 'application/json': 1 } } }, 'must have a Standard Schema as 200'],
    [{ 'GET /users': { body: { 'application/json': User } } }, 'must have a Standard Schema as body'],
    [{ 'GET /users': { ok: User } }, 'must consist of body, search, default, statuses'],
    [{ 'GET /users': { 99: User } }, 'must consist of'],
    [User, 'routes must be an object of routes'],
    [undefined, 'routes must be an object of routes'],
  ])('%j', (given, rule) => expect(faults(given)).toEqual([expect.stringContaining(rule)]));

  test('all at once, and none where all is well', () => {
    expect(faults({ a: 1, 'GET /b': { c: 1, 200: 2 } })).toHaveLength(3);
    expect(
      faults({}, { mode: 'loose', maxBytes: 0, onDrift: 1, unknownKeys: true, values: 1, other: 1 }),
    ).toHaveLength(6);
    expect(
      faults({
        'GET /a/:b': User,
        'POST /a/:c': { body: User, search: User, 201: User, '4XX': User, default: User },
      }),
    ).toEqual([]);
  });
});
