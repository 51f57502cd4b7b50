import { traceOf } from '@kyhooks/core';
import { type } from 'arktype';
import { isHTTPError, isKyError, type Options, type StandardSchemaV1 } from 'ky';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  isSchemaError,
  schema,
  type Drift,
  type DriftKind,
  type RouteContract,
  type SchemaOptions,
} from '../src/index.ts';
import { type Answered, client, errorOf, isUser, type Outcome, schemaOf, user, User } from './kit.ts';

const path = 'v1/users/1';
const route = 'GET /v1/users/:id';

/** What became of a call. */
interface Told {
  readonly value?: unknown;
  readonly error?: Outcome;
  readonly drifts: readonly Drift[];
  readonly notes: readonly string[];
}

async function call(
  contract: StandardSchemaV1 | RouteContract,
  answer: Answered,
  options: SchemaOptions = {},
  ky: Options = {},
): Promise<Told> {
  const drifts: Drift[] = [];
  const api = client(answer).extend(
    schema({ [route]: contract }, { onDrift: (drift) => void drifts.push(drift), ...options }),
  );
  const notesOf = (outcome: unknown): string[] =>
    (traceOf(outcome)?.decisions ?? []).map(({ layer, verdict, reason }) => `${layer} ${verdict}: ${reason}`);
  try {
    const response = api.get(path, ky);
    const value = await response.json();
    return { value, drifts, notes: notesOf(await response) };
  } catch (error) {
    return { error: error as Outcome, drifts, notes: notesOf(error) };
  }
}

/** The same in short, to compare: kinds in place of errors. */
function inShort({ value, error, drifts, notes }: Told): unknown {
  return {
    ...(error ? { error: error.kind ?? error.name } : { value }),
    drifts: drifts.map(({ kind }) => kind),
    notes: notes.map((note) => note.replace(/ at .*$/, '')),
  };
}

function expected(kind: DriftKind | undefined, rest: object): unknown {
  return { drifts: kind ? [kind] : [], notes: kind ? [`schema note: response body: ${kind}`] : [], ...rest };
}

const problem = { title: 'gone', status: 404 };
const Problem = v.object({ title: v.string(), status: v.number() });
const html = { body: '<html></html>', type: 'text/html' };

interface Row {
  readonly answer: Answered;
  readonly contract?: StandardSchemaV1 | RouteContract;
  /** What strict throws; `undefined` where all is well. */
  readonly kind?: DriftKind;
  /** What is handed on where all is well, or under `report`; absent where nothing can be. */
  readonly value?: unknown;
}

const success: Readonly<Record<string, Row>> = {
  'what fits': { answer: { json: user }, value: user },
  'another success status': { answer: { status: 201, json: user }, value: user },
  'a media type with parameters': {
    answer: { json: user, type: 'Application/JSON; charset=utf-8' },
    value: user,
  },
  'a media type that is +json': { answer: { json: user, type: 'application/vnd.api+json' }, value: user },
  'a media type with a space behind': {
    answer: { json: user, type: 'application/json ; charset=utf-8' },
    value: user,
  },
  'text/json': { answer: { json: user, type: 'text/json' }, value: user },
  'a suffix alone': { answer: { json: user, type: 'user+json' }, kind: 'media-type', value: user },
  'another word that ends so': {
    answer: { json: user, type: 'text/bjson' },
    kind: 'media-type',
    value: user,
  },
  'JSON lines': {
    answer: { json: user, type: 'application/json-seq' },
    kind: 'media-type',
    value: user,
  },
  'no media type': { answer: { json: user, type: null }, value: user },
  'a byte order mark': { answer: { body: `\uFEFF${JSON.stringify(user)}` }, value: user },
  'keys the schema does not know': { answer: { json: { ...user, extra: 1 } }, value: user },
  'a wrong type': { answer: { json: { ...user, id: '1' } }, kind: 'invalid', value: { ...user, id: '1' } },
  null: { answer: { json: null }, kind: 'invalid', value: null },
  'a string': { answer: { json: 'user' }, kind: 'invalid', value: 'user' },
  'an envelope': { answer: { json: { data: user } }, kind: 'invalid', value: { data: user } },
  HTML: { answer: html, kind: 'media-type' },
  'JSON that is called text': { answer: { json: user, type: 'text/plain' }, kind: 'media-type', value: user },
  'an empty body': { answer: { body: '' }, kind: 'empty' },
  'an empty body without a type': { answer: { body: '', type: null }, kind: 'empty' },
  '204': { answer: { status: 204 }, kind: 'no-body' },
  'white space': { answer: { body: ' \n' }, kind: 'malformed' },
  'text that is no JSON': { answer: { body: 'oops' }, kind: 'malformed' },
  'HTML that is called JSON': { answer: { body: '<html></html>' }, kind: 'malformed' },
  'JSON with more behind': { answer: { body: '{} {}' }, kind: 'malformed' },
  'an object cut off': { answer: { body: '{"id":1,"name":"Ada"' }, kind: 'truncated' },
  'a string cut off': { answer: { body: '{"id":1,"name":"A\\"d' }, kind: 'truncated' },
  'a brace within a string, and more behind': { answer: { body: '{"id":"{"} x' }, kind: 'malformed' },
  'a quote within a string, and more behind': { answer: { body: '["\\"["] x' }, kind: 'malformed' },
  'a list with more behind': { answer: { body: '["ab"] x' }, kind: 'malformed' },
  'text that opens a bracket': { answer: { body: 'oops [' }, kind: 'malformed' },
  'a word before a bracket': { answer: { body: 'oops[' }, kind: 'malformed' },
  'JSON cut off behind white space': { answer: { body: '\n {"id":123456789012' }, kind: 'truncated' },
  'UTF-16 without a byte order mark': {
    answer: { body: new Uint8Array([0x7b, 0, 0x7d, 0]) },
    kind: 'encoding',
  },
  'UTF-16 without a letter of Latin': {
    answer: { body: new Uint8Array([0xff, 0xfe, 0x42, 0x30, 0x44, 0x30]) },
    kind: 'encoding',
  },
  'UTF-16': { answer: { body: new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]) }, kind: 'encoding' },
  'a status that is not named': {
    answer: { status: 202, json: { job: 1 } },
    contract: { 200: User, 404: Problem },
    kind: 'status',
    value: { job: 1 },
  },
  'a status of success that is not named, beside a default': {
    answer: { status: 201, json: problem },
    contract: { 200: User, default: Problem },
    kind: 'status',
    value: problem,
  },
  'a range': { answer: { status: 202, json: user }, contract: { '2XX': User }, value: user },
  'a status before its range': {
    answer: { status: 202, json: { job: 1 } },
    contract: { '2XX': User, 202: v.looseObject({}) },
    value: { job: 1 },
  },
  'a contract that says nothing of success': {
    answer: { json: 1 },
    contract: { default: Problem },
    value: 1,
  },
  '204 with a schema that takes nothing': {
    answer: { status: 204 },
    contract: { 204: v.undefined() },
    value: undefined,
  },
  'an empty body with an optional schema': {
    answer: { body: '' },
    contract: v.optional(User, user),
    value: user,
  },
  'a schema for each media type': {
    answer: { json: user, type: 'application/vnd.user+json' },
    contract: { 200: { 'application/json': v.null(), 'application/vnd.user+json': User } },
    value: user,
  },
  'JSON under a name of its own': {
    answer: { json: user, type: 'text/x-user' },
    contract: { 200: { 'text/x-user': User } },
    value: user,
  },
  'a media type that is not among them': {
    answer: { json: user },
    contract: { 200: { 'application/vnd.user+json': User } },
    kind: 'media-type',
    value: user,
  },
  'an empty body of a media type that is not named': {
    answer: { body: '' },
    contract: { 200: { 'application/vnd.user+json': User } },
    kind: 'empty',
  },
  'no media type where others are named': {
    answer: { json: user, type: null },
    contract: { 200: { 'application/vnd.user+json': User } },
    kind: 'media-type',
    value: user,
  },
  'no media type where JSON is named': {
    answer: { json: user, type: null },
    contract: { 200: { 'application/json': User } },
    value: user,
  },
  'an output of its own': {
    answer: { json: user },
    contract: v.pipe(
      User,
      v.transform(({ id }) => new Date(id)),
    ),
    value: new Date(1),
  },
  defaults: {
    answer: { json: {} },
    contract: v.object({ page: v.optional(v.number(), 1) }),
    value: { page: 1 },
  },
  'a schema that throws': {
    answer: { json: user },
    contract: schemaOf(() => {
      throw new RangeError('stack');
    }),
    kind: 'validator',
    value: user,
  },
  'a schema that rejects its promise': {
    answer: { json: user },
    contract: schemaOf(() => Promise.reject(new Error('no'))),
    kind: 'validator',
    value: user,
  },
};

describe('an answer of success', () => {
  for (const [name, { answer, contract = User, kind, value }] of Object.entries(success)) {
    test(`${name}: strict`, async () => {
      const told = await call(contract, answer);
      expect(inShort(told)).toEqual(expected(kind, kind ? { error: kind } : { value }));
    });

    test(`${name}: report`, async () => {
      const told = await call(contract, answer, { mode: 'report' });
      expect(inShort(told)).toEqual(
        expected(kind, kind && value === undefined ? { error: kind } : { value }),
      );
    });

    test(`${name}: off is plain ky`, async () => {
      const told = await call(contract, answer, { mode: 'off' });
      const plain = await errorOf(client(answer).get(path).json());
      expect([told.value, String(told.error)]).toEqual([
        plain.noError,
        'noError' in plain ? 'undefined' : String(plain),
      ]);
      expect(told.drifts).toEqual([]);
    });
  }

  test('an error says of what, and is what onDrift is given', async () => {
    const { error, drifts } = await call(User, { status: 201, json: {} });
    expect(drifts).toEqual([error]);
    expect(error).toMatchObject({
      name: 'SchemaError',
      code: 'SCHEMA',
      kind: 'invalid',
      direction: 'response',
      part: 'body',
      method: 'GET',
      route: '/v1/users/:id',
      status: 201,
      issueCount: 2,
    });
    expect(error?.cause).toBeUndefined();
    expect(isSchemaError(error)).toBe(true);
    expect(isKyError(error)).toBe(false);
  });

  test("an error that is not the schema's has no issues", async () => {
    const { error } = await call(User, { body: 'oops' });
    expect([error?.issues, error?.issueCount]).toEqual([[], 0]);
  });

  test('each kind has a message of its own', async () => {
    const messages = await Promise.all(
      Object.values(success)
        .filter(({ kind }) => kind)
        .map(async ({ answer, contract = User }) => (await call(contract, answer)).error!.message),
    );
    expect([...new Set(messages)].sort()).toEqual([
      'GET /v1/users/:id answered 200 and its schema threw Error',
      'GET /v1/users/:id answered 200 and its schema threw RangeError',
      'GET /v1/users/:id answered 200 with JSON that ends too early, after 20 characters',
      'GET /v1/users/:id answered 200 with a body that its schema rejects: Invalid type: Expected Object but received null',
      'GET /v1/users/:id answered 200 with a body that its schema rejects: expected Object, got a string',
      'GET /v1/users/:id answered 200 with a body that its schema rejects: id: Invalid key: Expected "id" but received undefined; name: Invalid key: Expected "name" but received undefined',
      'GET /v1/users/:id answered 200 with a body that its schema rejects: id: expected number, got a string',
      'GET /v1/users/:id answered 200 with an empty body',
      'GET /v1/users/:id answered 200 with application/json, which its contract does not name',
      'GET /v1/users/:id answered 200 with application/json-seq, which its contract does not name',
      'GET /v1/users/:id answered 200 with no media type, which its contract does not name',
      'GET /v1/users/:id answered 200 with text that is no JSON',
      'GET /v1/users/:id answered 200 with text that is not UTF-8',
      'GET /v1/users/:id answered 200 with text/bjson, which its contract does not name',
      'GET /v1/users/:id answered 200 with text/html, which its contract does not name',
      'GET /v1/users/:id answered 200 with text/plain, which its contract does not name',
      'GET /v1/users/:id answered 200 with user+json, which its contract does not name',
      'GET /v1/users/:id answered 201, which its contract does not name',
      'GET /v1/users/:id answered 202, which its contract does not name',
      'GET /v1/users/:id answered 204, which has no body',
    ]);
  });
});

const contract: RouteContract = {
  200: User,
  404: Problem,
  409: { 'application/problem+json': Problem, 'application/json': v.object({ error: v.string() }) },
  '5XX': v.object({ error: v.string() }),
  default: v.object({ code: v.number() }),
};

const errors: Readonly<Record<string, Row>> = {
  'the schema of its status': { answer: { status: 404, json: { ...problem, extra: 1 } }, value: problem },
  'by media type': {
    answer: { status: 409, json: { ...problem, extra: 1 }, type: 'application/problem+json' },
    value: problem,
  },
  'by another media type': {
    answer: { status: 409, json: { error: 'no', extra: 1 } },
    value: { error: 'no' },
  },
  'a range': { answer: { status: 503, json: { error: 'busy', extra: 1 } }, value: { error: 'busy' } },
  'the default': { answer: { status: 418, json: { code: 1, extra: 1 } }, value: { code: 1 } },
  'a status of redirection, by default': {
    answer: { status: 300, json: { code: 1, extra: 1 } },
    value: { code: 1 },
  },
  'data that is not as agreed': {
    answer: { status: 404, json: { title: 1 } },
    kind: 'invalid',
    value: { title: 1 },
  },
  'a media type that is not named': {
    answer: { status: 409, json: problem, type: 'text/json' },
    kind: 'media-type',
    value: problem,
  },
  'malformed JSON': { answer: { status: 404, body: 'oops' }, kind: 'malformed', value: undefined },
  text: { answer: { status: 404, body: 'gone', type: 'text/plain' }, value: 'gone' },
  'no body': { answer: { status: 404, body: '' }, value: undefined },
};

describe('an answer of error', () => {
  for (const [name, { answer, kind, value }] of Object.entries(errors)) {
    for (const mode of ['strict', 'report'] as const) {
      test(`${name}: ${mode} never hides the HTTPError`, async () => {
        const { error, drifts, notes } = await call(contract, answer, { mode });
        expect(isHTTPError(error)).toBe(true);
        expect(error?.data).toEqual(value);
        expect(drifts.map((drift) => drift.kind)).toEqual(kind ? [kind] : []);
        expect(notes.map((note) => note.replace(/ at .*$/, ''))).toEqual(
          kind ? [`schema note: response body: ${kind}`] : [],
        );
      });
    }
  }

  test('without throwHttpErrors the body is checked as a result', async () => {
    const ky = { throwHttpErrors: false };
    expect((await call(contract, errors['the schema of its status']!.answer, {}, ky)).value).toEqual(problem);
    expect((await call(contract, errors['data that is not as agreed']!.answer, {}, ky)).error).toMatchObject({
      kind: 'invalid',
      status: 404,
    });
    expect(
      (await call(contract, errors['data that is not as agreed']!.answer, { mode: 'report' }, ky)).value,
    ).toEqual({ title: 1 });
  });

  test('throwHttpErrors as a function', async () => {
    const ky = { throwHttpErrors: (status: number) => status !== 404 };
    expect((await call(contract, errors['data that is not as agreed']!.answer, {}, ky)).error).toMatchObject({
      kind: 'invalid',
      status: 404,
    });
  });
});

test('an error status that the contract says nothing of is as ky reads it', async () => {
  const { error, drifts, notes } = await call({ 200: User }, { status: 404, json: problem });
  expect([error?.data, drifts, notes]).toEqual([problem, [], []]);
});

test('what a schema throws is the cause where values are shown', async () => {
  const broken = new Error('broken');
  const throwing = schemaOf(() => Promise.reject(broken));
  expect((await call(throwing, { json: user }, { values: true })).error?.cause).toBe(broken);
  expect((await call(throwing, { json: user })).error).not.toHaveProperty('cause');
  expect((await call(User, { json: {} }, { values: true })).error).not.toHaveProperty('cause');
});

describe('any Standard Schema', () => {
  const schemas: Readonly<Record<string, StandardSchemaV1>> = {
    valibot: User,
    'valibot, async': v.objectAsync({
      id: v.pipeAsync(
        v.number(),
        v.checkAsync(async () => true),
      ),
      name: v.string(),
    }),
    zod: z.object({ id: z.number(), name: z.string() }),
    'zod, async': z.object({ id: z.number(), name: z.string() }).refine(async () => true),
    arktype: type({ id: 'number', name: 'string', '+': 'delete' }),
    'by hand': schemaOf((value) =>
      isUser(value) ? { issues: [{ message: isUser(value)! }] } : { value: user },
    ),
    'a function': schemaOf(
      (value) => (isUser(value) ? { issues: [{ message: isUser(value)! }] } : { value: user }),
      'function',
    ),
    async: schemaOf(async (value) =>
      isUser(value) ? { issues: [{ message: isUser(value)! }] } : { value: user },
    ),
    'neither a value nor issues': schemaOf((value) => (isUser(value) ? {} : { value: user }) as never),
    'no issues but a failure': schemaOf((value) => (isUser(value) ? { issues: [] } : { value: user })),
  };
  for (const [name, one] of Object.entries(schemas)) {
    test(name, async () => {
      expect((await call(one, { json: { ...user, extra: 1 } })).value).toEqual(user);
      const { error } = await call(one, { json: { id: 'x' } });
      expect(error).toMatchObject({ kind: 'invalid', issueCount: error?.issues?.length });
    });
  }

  test('symbols, objects and dots in paths', async () => {
    const tag = Symbol('tag');
    const issues = [
      { message: 'a', path: [tag, { key: 'x.y' }, 0] },
      { message: 'b', path: [] },
      { message: 'c' },
    ];
    const { error } = await call(
      schemaOf(() => ({ issues })),
      { json: user },
    );
    expect(error?.issues).toEqual([
      { message: 'a', path: 'Symbol(tag).x.y.0', keys: [tag, 'x.y', 0] },
      { message: 'b', path: '', keys: [] },
      { message: 'c', path: '', keys: [] },
    ]);
  });
});
