import { traceOf } from '@kyhooks/core';
import { type } from 'arktype';
import type { StandardSchemaV1 } from 'ky';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Drift,
  flatIssues,
  nestedIssues,
  schema,
  type SchemaError,
  type SchemaOptions,
} from '../src/index.ts';
import { client, errorOf, type Outcome, schemaOf } from './kit.ts';

async function rejected(one: StandardSchemaV1, json: unknown, options?: SchemaOptions): Promise<Outcome> {
  return errorOf(
    client({ json })
      .extend(schema({ 'GET /a': one }, options))
      .get('a')
      .json(),
  );
}

const secret = 's3cr3t-value';
const data = { email: secret, age: 4711, deep: [{ token: secret }], kind: secret, any: { of: secret } };

describe('values are left out', () => {
  const schemas: Readonly<Record<string, StandardSchemaV1>> = {
    valibot: v.object({
      email: v.pipe(v.string(), v.email()),
      age: v.pipe(v.number(), v.maxValue(150)),
      deep: v.array(v.object({ token: v.number() })),
      kind: v.picklist(['a', 'b']),
      any: v.union([v.string(), v.number()]),
    }),
    zod: z.object({
      email: z.email(),
      age: z.number().max(150),
      deep: z.array(z.object({ token: z.number() })),
      kind: z.enum(['a', 'b']),
      any: z.union([z.string(), z.number()]),
    }),
    arktype: type({
      email: 'string.email',
      age: 'number <= 150',
      deep: [{ token: 'number' }, '[]'],
      kind: "'a' | 'b'",
      any: 'string | number',
    }),
    'by hand': schemaOf((value) => ({
      issues: [
        { message: `got ${JSON.stringify(value)}` },
        { message: `got ${secret}`, path: ['email'] },
        { message: 'got 4711', path: ['age'] },
      ],
    })),
    'after a transform': v.object({
      email: v.pipe(
        v.string(),
        v.toUpperCase(),
        v.email((issue) => `${issue.input} is no address`),
      ),
    }),
  };
  for (const [name, one] of Object.entries(schemas)) {
    test(name, async () => {
      const error = await rejected(one, data);
      const told = JSON.stringify([error, error.message, error.stack, traceOf(error)]);
      expect(told.toLowerCase()).not.toContain(secret);
      expect(told).not.toContain('4711');
      expect(error.issues?.length).toBeGreaterThan(0);
    });

    test(`${name}: shown when asked for`, async () => {
      const error = await rejected(one, data, { values: true });
      expect(error.issues?.map(({ value }) => value)).toContain(secret);
      expect(JSON.stringify(traceOf(error)).toLowerCase()).not.toContain(secret);
    });
  }

  test('words of your own that repeat no value are kept', async () => {
    const error = await rejected(v.object({ email: v.pipe(v.string(), v.email('EMAIL_INVALID')) }), data);
    expect(error.issues).toEqual([{ path: 'email', keys: ['email'], message: 'EMAIL_INVALID' }]);
  });

  test("the parser's error, which quotes the text, is the cause only when asked for", async () => {
    const call = (options: SchemaOptions): Promise<Outcome> =>
      errorOf(
        client({ body: secret })
          .extend(schema({ 'GET /a': v.any() }, options))
          .get('a')
          .json(),
      );
    const quiet = await call({});
    expect(quiet.cause).toBeUndefined();
    expect(quiet.stack).not.toContain(secret);
    expect((await call({ values: true })).cause).toBeInstanceOf(SyntaxError);
  });
});

test.each<[unknown, string]>([
  ['x', 'not as expected, got a string'],
  [1, 'not as expected, got a number'],
  [{ a: 1 }, 'not as expected, got an object'],
  [['x'], 'not as expected, got an array'],
  [{}, 'has 1 x'],
  [null, 'has 1 x'],
  ['', 'has 1 x'],
])('of a message that repeats %j only the type is told', async (value, message) => {
  const one = schemaOf(() => ({ issues: [{ message: 'has 1 x', path: ['a'] }] }));
  expect((await rejected(one, { a: value })).issues?.[0]?.message).toBe(message);
});

test('long lists and long texts are cut', async () => {
  const error = await rejected(
    v.array(v.string()),
    Array.from({ length: 5_000 }, (_, index) => index),
  );
  expect(error.issueCount).toBe(5_000);
  expect(error.issues).toHaveLength(20);
  expect(error.message).toContain('and 4997 more');
  const key = 'k'.repeat(100_000);
  const long = await rejected(
    schemaOf(() => ({ issues: [{ message: 'm'.repeat(100_000), path: [key] }] })),
    { [key]: 1 },
  );
  expect(long.message.length).toBeLessThan(700);
  expect(long.issues?.[0]?.path.length).toBeLessThan(300);
  expect(JSON.stringify(traceOf(long)).length).toBeLessThan(2_000);
});

describe('forms', () => {
  const one = v.object({ id: v.number(), items: v.array(v.object({ id: v.number() })) });
  const came = { id: '1', items: [{ id: 1 }, { id: '2' }] };

  test('flat', async () => {
    expect({ ...flatIssues((await rejected(one, came)) as SchemaError) }).toEqual({
      id: ['expected number, got a string'],
      'items.1.id': ['expected number, got a string'],
    });
  });

  test('nested', async () => {
    const nested = nestedIssues((await rejected(one, came)) as SchemaError);
    expect(nested.messages).toEqual([]);
    expect(nested.at['id']?.messages).toEqual(['expected number, got a string']);
    expect(nested.at['items']?.at['1']?.at['id']?.messages).toEqual(['expected number, got a string']);
  });

  test("of ky's own error too", async () => {
    const error = await errorOf(client({ json: came }).get('a').json(one));
    expect(Object.keys(flatIssues(error as SchemaError))).toEqual(['id', 'items.1.id']);
    expect(Object.keys(nestedIssues(error as SchemaError).at)).toEqual(['id', 'items']);
  });

  test('keys of the data cannot reach a prototype', async () => {
    const issues = [
      { message: 'm', path: ['__proto__', 'polluted'] },
      { message: 'n', path: ['constructor', 'prototype', 'polluted'] },
    ];
    const error = await rejected(
      schemaOf(() => ({ issues })),
      JSON.parse('{"__proto__":{"polluted":1}}'),
    );
    expect(Object.keys(nestedIssues(error as SchemaError).at)).toEqual(['__proto__', 'constructor']);
    expect(Object.keys(flatIssues(error as SchemaError))).toEqual([
      '__proto__.polluted',
      'constructor.prototype.polluted',
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('unknown keys', () => {
  async function unknown(
    one: StandardSchemaV1,
    json: unknown,
    options: SchemaOptions = {},
  ): Promise<string[]> {
    const drifts: Drift[] = [];
    const layer = schema(
      { 'GET /a': one },
      { unknownKeys: 'report', onDrift: (drift) => void drifts.push(drift), ...options },
    );
    await client({ json }).extend(layer).get('a').json();
    expect(drifts.every(({ kind }) => kind === 'unknown-keys')).toBe(true);
    return drifts.flatMap(({ issues }) => issues.map(({ path }) => path)).sort();
  }
  const Item = v.object({ id: v.number() });

  test.each<[string, StandardSchemaV1, unknown, string[]]>([
    ['none', Item, { id: 1 }, []],
    ['at the top', Item, { id: 1, b: 2, c: 3 }, ['b', 'c']],
    ['deep', v.object({ items: v.array(Item) }), { items: [{ id: 1 }, { id: 2, b: 1 }] }, ['items.1.b']],
    ['kept by the schema', v.looseObject({ id: v.number() }), { id: 1, b: 2 }, []],
    [
      'below what a transform made',
      v.object({
        at: v.pipe(
          v.object({ ms: v.number() }),
          v.transform(({ ms }) => new Date(ms)),
        ),
      }),
      { at: { ms: 1, b: 2 } },
      [],
    ],
    ['of zod', z.object({ id: z.number() }), { id: 1, b: 2 }, ['b']],
    ['of arktype', type({ id: 'number', '+': 'delete' }), { id: 1, b: 2 }, ['b']],
    ['__proto__', Item, JSON.parse('{"id":1,"__proto__":{"id":2}}'), ['__proto__']],
    ['null', v.null(), null, []],
  ])('%s', async (_, one, json, paths) => expect(await unknown(one, json)).toEqual(paths));

  test('are not looked for unless asked', async () => {
    expect(await unknown(Item, { id: 1, b: 2 }, { unknownKeys: 'ignore' })).toEqual([]);
  });

  test('are cut', async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (__, index) => [`k${index}`, 1]));
    expect(await unknown(v.object({}), many)).toHaveLength(20);
  });
});
