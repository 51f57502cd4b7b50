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
    const outcome = await errorOf(api(path, options).json());
    expect(hit ? isSchemaError(outcome) : outcome).toEqual(hit || { noError: { id: '1' } });
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

describe('where a hook sends the request elsewhere', () => {
  const Team = v.object({ team: v.string() });
  const all: Routes = { ...routes, 'GET /v1/teams/:id': Team };
  const elsewhere = (path: string): NonNullable<Options['hooks']> => ({
    beforeRequest: [({ request }) => new Request(`https://api.test/${path}`, request)],
  });

  test('the route is that of the call as it was made', async () => {
    const api = client(wrong);
    const hooks = elsewhere('v1/teams/1');
    const error = await errorOf(api.extend(schema(all)).get('v1/users/1', { hooks }).json());
    expect(error).toMatchObject({ kind: 'invalid', route: '/v1/users/:id' });
    expect(api.records[0]!.route).toBe('/v1/users/:id');
  });

  test('the same holds where the hook changes the method', async () => {
    const checked = client(wrong).extend(schema({ ...all, 'POST /v1/users/:id': v.looseObject({}) }));
    const hooks: Options['hooks'] = {
      beforeRequest: [({ request }) => new Request(request, { method: 'POST' })],
    };
    expect(await errorOf(checked.get('v1/users/1', { hooks }).json())).toMatchObject({
      kind: 'invalid',
      method: 'GET',
    });
  });

  test('it is the new one where the call had none, whatever way the answer is read', async () => {
    const api = client(wrong);
    const checked = api.extend(schema(all));
    const hooks = elsewhere('v1/teams/1');
    expect(await errorOf(checked.get('old', { hooks }).json())).toMatchObject({ route: '/v1/teams/:id' });
    const response = await checked.get('old', { hooks });
    expect(await errorOf(response.json())).toMatchObject({ route: '/v1/teams/:id' });
    expect(api.records[0]!.route).toBe('/v1/teams/:id');
  });
});

describe('of two routes that match the same paths', () => {
  test('the one added last counts', async () => {
    const api = client(wrong).extend(schema(routes));
    const loose = api.extend(schema({ 'GET /v1/users/:name': v.looseObject({}) }));
    expect(await loose.get('v1/users/1').json()).toEqual({ id: '1' });
    expect(await errorOf(loose.get('v1/users/1', route('/v1/users/:id')).json())).toMatchObject({
      kind: 'invalid',
    });
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
    const empty = client({ body: '' }).extend(
      schema(routes, { onDrift: (drift) => void drifts.push(drift) }),
    );
    expect(await errorOf(empty.get('v1/users/1', { hooks }).json())).toMatchObject({ kind: 'empty' });
    expect(drifts).toHaveLength(2);
  });

  test('HEAD goes by the route of GET, and has no body', async () => {
    const api = client({ body: null, type: null });
    const checked = api.extend(schema({ 'GET /v1/users/:id': User }));
    expect((await checked.head('v1/users/1')).status).toBe(200);
    expect(await errorOf(checked.head('v1/users/1').json())).toMatchObject({
      kind: 'no-body',
      method: 'HEAD',
    });
    expect(api.records[0]).toMatchObject({ route: '/v1/users/:id', outcome: 'ok' });
  });

  test('HEAD has a route of its own where one is named', async () => {
    const api = client({ body: null, type: null });
    const checked = api.extend(
      schema({
        'HEAD /v1/users/:id': v.undefined(),
        'GET /v1/users/:name': User,
        'GET /v1/teams/:id': User,
        'POST /v1/users/:id': v.undefined(),
      }),
    );
    expect(await checked.head('v1/users/1').json()).toBeUndefined();
    expect(await errorOf(checked.head('v1/users/1', route('/v1/users/:name')).json())).toMatchObject({
      kind: 'no-body',
    });
    expect(await errorOf(checked.head('v1/teams/1').json())).toMatchObject({ kind: 'no-body' });
    for (const both of [
      { 'HEAD /a': v.undefined(), 'GET /a': User },
      { 'GET /a': User, 'HEAD /a': v.undefined() },
    ])
      expect(await api.extend(schema(both)).head('a', route('/a')).json()).toBeUndefined();
    expect(await errorOf(checked.get('v1/users/1').json())).toMatchObject({ kind: 'empty' });
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

  test('the response read by itself, too', async () => {
    const response = await client({ json: { id: 1 } })
      .extend(schema(routes))
      .get('v1/teams');
    expect(await response.json()).toEqual({ id: 1 });
    const problems = schema({ 'GET /v1/teams': { default: User } });
    const answer = await client({ json: { id: 1 } })
      .extend(problems)
      .get('v1/teams');
    expect(await answer.json()).toEqual({ id: 1 });
  });

  test('and where the route says nothing of success', async () => {
    const contract = { 'POST /a': { body: v.any(), default: User } };
    const call = (options: Options, own?: v.GenericSchema): Promise<unknown> =>
      errorOf(
        client({ body: '' })
          .extend(schema(contract))
          .post('a', { json: 1, ...options })
          .json(own as never),
      );
    expect(await call({}, v.optional(v.string(), 'none'))).toEqual({ noError: 'none' });
    expect(await call({})).toBeInstanceOf(SyntaxError);
    expect(await call({ parseJson: () => 'mine' })).toEqual({ noError: 'mine' });
    // An error may then be the result, which has a contract.
    const error = client({ status: 400, json: {} }).extend(schema(contract));
    const thrown = errorOf(error.post('a', { json: 1, throwHttpErrors: false }).json());
    expect(await thrown).toMatchObject({ kind: 'invalid', status: 400 });
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

  test.each<[string, NonNullable<Options['parseJson']>]>([
    [
      'at once',
      () => {
        throw new Error('mine');
      },
    ],
    ['later', () => Promise.reject(new Error('mine'))],
  ])('what it cannot parse %s is not handed on under report', async (_, parseJson) => {
    const api = client({ body: 'x', type: 'text/html' }).extend(schema(routes, { mode: 'report' }));
    expect(await errorOf(api.get('v1/users/1', { parseJson }).json())).toMatchObject({ kind: 'media-type' });
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

  test('the data of errors that are retried is told of each time', async () => {
    const drifts: Drift[] = [];
    const bad = (title: number): object => ({ status: 503, json: { title } });
    const api = client(bad(1), bad(2), bad(2), { json: user });
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
      [503, 'invalid'],
    ]);
  });

  test('an answer that breaks its contract in the words of one before it is told of too', async () => {
    const drifts: Drift[] = [];
    const api = client({ status: 503, json: {} }, { json: {} })
      .extend({ retry: { limit: 1, delay: () => 0 } })
      .extend(
        schema(
          { 'GET /v1/users/:id': { 200: User, default: User } },
          { onDrift: (drift) => void drifts.push(drift) },
        ),
      );
    const error = await errorOf(api.get('v1/users/1').json());
    expect(drifts.map(({ status }) => status)).toEqual([503, 200]);
    expect(traceOf(error)!.decisions.filter(({ layer }) => layer === 'schema')).toEqual([
      { attempt: 1, layer: 'schema', verdict: 'note', reason: 'response body: invalid at id, name' },
      { attempt: 2, layer: 'schema', verdict: 'note', reason: 'response body: invalid at id, name' },
    ]);
  });

  test('a note names five places at most, and none where the whole is wrong', async () => {
    const reason = async (one: v.GenericSchema, json: unknown): Promise<string> => {
      const api = client({ json }).extend(schema({ 'GET /a': one }));
      return traceOf(await errorOf(api.get('a').json()))!.decisions.at(-1)!.reason;
    };
    expect(await reason(v.array(v.string()), [1, 2, 3, 4, 5, 6, 7])).toBe(
      'response body: invalid at 0, 1, 2, 3, 4',
    );
    expect(await reason(v.string(), 1)).toBe('response body: invalid');
  });

  test.each<[string, () => void]>([
    [
      'throws',
      () => {
        throw new RangeError('mine');
      },
    ],
    ['rejects', async () => Promise.reject(new RangeError('mine'))],
  ])('an onDrift that %s breaks nothing, and is noted', async (_, onDrift) => {
    const response = client(wrong)
      .extend(schema(routes, { mode: 'report', onDrift }))
      .get('v1/users/1');
    expect(await response.json()).toEqual({ id: '1' });
    expect(traceOf(await response)!.decisions.at(-1)).toMatchObject({
      layer: 'schema',
      verdict: 'threw',
      reason: 'its onDrift() threw RangeError',
    });
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

  test('what is given as undefined changes nothing', async () => {
    const api = client(wrong).extend(schema(routes, { mode: 'report' }));
    const options = { mode: undefined } as unknown as SchemaOptions;
    expect(await api.get('v1/users/1', schema({}, options)).json()).toEqual({ id: '1' });
  });

  test('explain() tells where it acts', () => {
    const [layer] = explain(ky.extend(schema(routes))).layers;
    expect(layer?.stages).toEqual(['gate: prepare', 'wire: fault']);
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
      return (error as { faults: { option: string; rule: string; value: string }[] }).faults.map(
        ({ option, rule, value }) => `${option} ${rule}, got ${value}`,
      );
    }
    return [];
  };
  const mapped = 'or one for each media type';

  test.each([
    [{ users: User }, 'routes["users"] must begin with a method in capitals and a space, got "users"'],
    [{ 'get /users': User }, 'must begin with a method in capitals'],
    [{ 'xGET /users': User }, 'must begin with a method in capitals'],
    [{ 'GET1 /users': User }, 'must begin with a method in capitals'],
    [{ 'GET users': User }, 'leading slash'],
    [{ 'GET https://api.test/users': User }, 'leading slash'],
    [{ 'GET /users/{id}': User }, 'must have segments'],
    [{ 'GET /users/:id': User, 'GET /users/:name': User }, 'must not match the same paths as GET /users/:id'],
    [{ 'GET /users': null }, 'routes["GET /users"] must be a schema or an object, got null'],
    [{ 'GET /users': () => User }, 'must be a schema or an object, got function'],
    [{ 'GET /users': { 200: {} } }, `must have a Standard Schema as 200, ${mapped}, got object`],
    [{ 'GET /users': { 200: { 'application/json': 1 } } }, `must have a Standard Schema as 200, ${mapped}`],
    [
      { 'GET /users': { 200: { 'application/json': User, 'text/json': 1 } } },
      `must have a Standard Schema as 200, ${mapped}`,
    ],
    [{ 'GET /users': { 200: null } }, 'must have a Standard Schema as 200, got null'],
    [{ 'GET /users': { 200: 'user' } }, 'must have a Standard Schema as 200, got "user"'],
    [
      { 'GET /users': { body: { 'application/json': User } } },
      'must have a Standard Schema as body, got object',
    ],
    [{ 'GET /users': { ok: User } }, 'must consist of body, search, default, statuses'],
    [{ 'GET /users': { 99: User } }, 'must consist of'],
    [{ 'GET /users': { nobody: User } }, 'must consist of'],
    [{ 'GET /users': { 2000: User } }, 'must consist of'],
    [User, 'routes must be an object of routes, got an object'],
    [null, 'routes must be an object of routes, got null'],
    ['GET /users', 'routes must be an object of routes, got "GET /users"'],
    [undefined, 'routes must be an object of routes, got undefined'],
  ])('%j', (given, rule) => expect(faults(given)).toEqual([expect.stringContaining(rule)]));

  test('all at once, and none where all is well', () => {
    expect(faults({ a: 1, 'GET /b': { c: 1, 200: 2 } })).toHaveLength(3);
    expect(
      faults({}, { mode: 'loose', maxBytes: 0, onDrift: 1, unknownKeys: true, values: 1, other: 1 }),
    ).toHaveLength(6);
    expect(faults({}, { values: false })).toEqual([]);
    expect(
      faults({
        'GET /a/:b': User,
        'POST /a/:c': { body: User, search: User, 201: User, '4XX': User, default: User },
      }),
    ).toEqual([]);
  });
});
