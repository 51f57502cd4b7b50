import { type } from 'arktype';
import ky, { type HTTPError, type KyInstance, type SchemaValidationError } from 'ky';
import * as v from 'valibot';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { isSchemaError, type Routes, schema, type SchemaError, typed } from '../src/index.ts';
import type { PathOf } from '../src/typed-types.ts';

const User = v.object({
  id: v.number(),
  name: v.pipe(v.string(), v.brand('Name')),
  at: v.pipe(
    v.string(),
    v.transform((text) => new Date(text)),
  ),
});
const Conflict = z.object({ by: z.string() });
const Problem = type({ title: 'string' });
type UserOut = v.InferOutput<typeof User>;

const api = typed(ky.create({ baseUrl: 'https://api.example.com/' }), {
  'GET /v1/users/:id': User,
  'GET /v1/users': { search: v.object({ page: v.optional(v.number()) }), 200: v.array(User) },
  'GET /v1/search': {
    search: v.object({ q: v.string() }),
    200: v.array(User),
    202: v.object({ job: v.number() }),
  },
  'POST /v1/users': {
    body: v.object({ name: v.string(), age: v.optional(v.number(), 18) }),
    201: User,
    409: Conflict,
    '5XX': v.null(),
    default: Problem,
  },
  'PUT /v1/users/:id/files/*': { body: v.optional(v.string()), 204: v.undefined() },
  'DELETE /v1/users/:id': { 404: { 'application/problem+json': Problem, 'application/json': Conflict } },
});

test('results are typed by the success schemas, with what transforms, defaults and brands make of them', () => {
  expectTypeOf(api.get('/v1/users/:id', { params: { id: 1 } }).json()).resolves.toEqualTypeOf<UserOut>();
  expectTypeOf(api.get('/v1/users').json()).resolves.toEqualTypeOf<UserOut[]>();
  expectTypeOf(api.get('/v1/search', { searchParams: { q: '' } }).json()).resolves.toEqualTypeOf<
    UserOut[] | { job: number }
  >();
  expectTypeOf(api.post('/v1/users', { json: { name: 'Ada' } }).json()).resolves.toEqualTypeOf<UserOut>();
  expectTypeOf(
    api.put('/v1/users/:id/files/*', { params: { id: 1, '*': 'a/b' } }).json(),
  ).resolves.toEqualTypeOf<undefined>();
  expectTypeOf(api.delete('/v1/users/:id', { params: { id: 1 } }).json()).resolves.toEqualTypeOf<unknown>();
  expectTypeOf(
    api.get('/v1/users/:id', { params: { id: 1 } }).json(v.string()),
  ).resolves.toEqualTypeOf<string>();
  expectTypeOf(api.get('/v1/users/:id', { params: { id: 1 } }).text()).resolves.toEqualTypeOf<string>();
  expectTypeOf(api.extend({}).get('/v1/users').json()).resolves.toEqualTypeOf<UserOut[]>();
  expectTypeOf(api.ky).toEqualTypeOf<KyInstance>();
});

test('the handed-on response is typed too', async () => {
  const response = await api.get('/v1/users');
  expectTypeOf(response.json()).resolves.toEqualTypeOf<UserOut[]>();
  expectTypeOf(response.status).toEqualTypeOf<number>();
});

test('paths are those of the method', () => {
  type All = { 'GET /a/:b': 1; 'GET /c': 1; 'POST /c': 1 };
  expectTypeOf<PathOf<All, 'get'>>().toEqualTypeOf<'/a/:b' | '/c'>();
  expectTypeOf<PathOf<All, 'post'>>().toEqualTypeOf<'/c'>();
  expectTypeOf<PathOf<All, 'patch'>>().toEqualTypeOf<never>();
  void api.head('/v1/users');
  // @ts-expect-error no such path
  void api.get('/v1/teams');
  // @ts-expect-error a path of another method
  void api.delete('/v1/users');
});

test('params, body and search are asked for where they are needed', () => {
  void api.get('/v1/users');
  expectTypeOf(api.get('/v1/users')).toExtend<Promise<Response>>();
  void api.get('/v1/users', { searchParams: { page: 2 }, timeout: 5_000, headers: { a: 'b' } });
  // @ts-expect-error params are missing
  void api.get('/v1/users/:id');
  // @ts-expect-error another name
  void api.get('/v1/users/:id', { params: { name: 1 } });
  // @ts-expect-error a type that is no part of a path
  void api.get('/v1/users/:id', { params: { id: {} } });
  // @ts-expect-error there are none
  void api.get('/v1/users', { params: { id: 1 } });
  // @ts-expect-error search parameters are missing
  void api.get('/v1/search');
  // @ts-expect-error a wrong type
  void api.get('/v1/search', { searchParams: { q: 1 } });
  // @ts-expect-error an unknown name
  void api.get('/v1/search', { searchParams: { q: '', p: 1 } });
  // @ts-expect-error the body is missing
  void api.post('/v1/users');
  // @ts-expect-error a wrong type
  void api.post('/v1/users', { json: { name: 1 } });
  // @ts-expect-error a contract of JSON leaves no room for another body
  void api.post('/v1/users', { json: { name: '' }, body: 'text' });
  // The input of the schema, not its output: a default may be left out.
  void api.post('/v1/users', { json: { name: '', age: 1 } });
  void api.put('/v1/users/:id/files/*', { params: { id: 1, '*': '' }, json: 'text' });
  void api.delete('/v1/users/:id', { params: { id: 1 }, json: { any: 1 } });
});

test('errors are told apart by status', () => {
  const problem = api.problem(new Error(''), 'POST /v1/users')!;
  if (problem.status === 409) {
    expectTypeOf(problem.data).toEqualTypeOf<{ by: string }>();
    expectTypeOf(problem.error).toEqualTypeOf<HTTPError<{ by: string }>>();
  } else if (problem.status === 500) {
    expectTypeOf(problem.data).toEqualTypeOf<null>();
  } else if (problem.status === 404) {
    expectTypeOf(problem.data).toEqualTypeOf<{ title: string }>();
  }
  // @ts-expect-error no error status
  void (problem.status === 201);
  const missing = api.problem(new Error(''), 'DELETE /v1/users/:id')!;
  expectTypeOf(missing.status).toEqualTypeOf<404>();
  expectTypeOf(missing.data).toEqualTypeOf<{ title: string } | { by: string }>();
  expectTypeOf(api.problem(new Error(''), 'GET /v1/users/:id')).toEqualTypeOf<undefined>();
  // @ts-expect-error no such route
  void api.problem(new Error(''), 'GET /v1/teams');
});

test('routes are checked where they are written', () => {
  schema({
    'GET /a': User,
    'POST /a/:b': {
      body: User,
      search: User,
      201: User,
      '4XX': User,
      default: { 'application/problem+json': Problem },
    },
  });
  // @ts-expect-error no leading slash
  schema({ 'GET a': User });
  // @ts-expect-error no schema
  schema({ 'GET /a': { 200: 1 } });
  // @ts-expect-error no part of a contract
  schema({ 'GET /a': { ok: User } });
  // @ts-expect-error no mode
  schema({}, { mode: 'loose' });
  expectTypeOf<Routes>().toBeObject();
});

test('isSchemaError() accepts both errors', () => {
  expectTypeOf(isSchemaError).guards.toEqualTypeOf<SchemaError | SchemaValidationError>();
});
