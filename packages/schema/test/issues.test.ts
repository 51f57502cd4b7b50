import { traceOf } from '@kyhooks/core';
import { type } from 'arktype';
import type { StandardSchemaV1 } from 'ky';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type Drift,
  flatIssues,
  isSchemaError,
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

  test.each([
    ['quotes', 'a "secret" of mine'],
    ['lines, as a key has', '-----BEGIN KEY-----\nsecret'],
    ['backslashes', 'C:\\secret'],
  ])('also where they have %s, and a message has them as JSON', async (_, value) => {
    const one = schemaOf((given) => ({
      issues: [
        { message: `got ${JSON.stringify(given)}`, path: ['a'] },
        { message: JSON.stringify(value).slice(1, -1) },
      ],
    }));
    const error = await rejected(one, { a: value });
    expect(error.issues?.map(({ message }) => message)).toEqual([
      'not as expected, got a string',
      'not as expected, got an object',
    ]);
    expect(error.message).not.toContain('secret');
  });

  test('also where a transform has trimmed them, or changed their letters', async () => {
    const Email = z
      .string()
      .trim()
      .toLowerCase()
      .pipe(z.email({ error: ({ input }) => `${String(input)} is none` }));
    const error = await rejected(z.object({ email: Email }), { email: '  Ada.Secret ' });
    expect(error.issues?.[0]?.message).toBe('not as expected, got a string');
    expect((await rejected(z.object({ email: Email }), { email: '  ' })).issues?.[0]?.message).toBe(
      ' is none',
    );
  });

  test('dates too, in whatever form', async () => {
    const born = '1990-01-02T03:04Z';
    const early = (message?: string): v.GenericSchema<unknown, unknown> => {
      const bound = new Date(0);
      const rule =
        message === undefined
          ? v.maxValue<Date, Date>(bound)
          : v.maxValue<Date, Date, string>(bound, message);
      return v.object({
        born: v.pipe(
          v.unknown(),
          v.transform((given) => new Date(given as string)),
          rule,
        ),
      });
    };
    const told = async (one: v.GenericSchema<unknown, unknown>): Promise<string | undefined> =>
      (await rejected(one, { born })).issues?.[0]?.message;
    expect(await told(early())).toBe('not as expected, got a string');
    expect(await told(early('born on 1/2/90'))).toBe('not as expected, got a string');
    expect(await told(early('BORN_TOO_LATE'))).toBe('BORN_TOO_LATE');

    const sending = schema({
      'POST /a': { body: v.object({ born: v.pipe(v.date(), v.maxValue(new Date(0))) }) },
    });
    const refused = await errorOf(
      client({})
        .extend(sending)
        .post('a', { json: { born: new Date(born) } }),
    );
    expect(refused.issues?.[0]?.message).toBe('not as expected, got an object');
  });

  test('numbers too large for JSON, of a parser of your own', async () => {
    const one = schemaOf(() => ({ issues: [{ message: 'got 90071992547409931', path: ['a'] }] }));
    const api = client({ json: 1 }).extend(schema({ 'GET /a': one }));
    const error = await errorOf(api.get('a', { parseJson: () => ({ a: 90_071_992_547_409_931n }) }).json());
    expect(error.issues?.[0]?.message).toBe('not as expected, got a bigint');
  });

  test('what a validator looked at counts, where the data has nothing at that place', async () => {
    const issue = { message: `got ${secret}`, input: secret };
    const one = schemaOf(() => ({
      issues: [
        { ...issue, path: ['gone'] },
        { ...issue, path: ['nothing'] },
        { ...issue, path: ['nothing', 'below'] },
        { ...issue, path: ['text', 'length'] },
      ],
    }));
    expect(
      (await rejected(one, { nothing: null, text: 'abc' })).issues?.map(({ message }) => message),
    ).toEqual([
      'not as expected, got undefined',
      'not as expected, got null',
      'not as expected, got undefined',
      'not as expected, got undefined',
    ]);
  });

  test('of a value that is too large to be looked through, no words are shown', async () => {
    const of = async (length: number): Promise<string | undefined> => {
      const one = schemaOf(() => ({ issues: [{ message: 'too long' }] }));
      return (
        await rejected(
          one,
          Array.from({ length }, () => 1),
        )
      ).issues?.[0]?.message;
    };
    expect(await of(900)).toBe('too long');
    expect(await of(1_100)).toBe('not as expected, got an array');
    expect(await of(1_000_000)).toBe('not as expected, got an array');
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

test('a path and a message may have 200 characters, and all of an error 600', async () => {
  const long = (length: number): Promise<Outcome> => {
    const issue = { message: 'm'.repeat(length), path: ['p'.repeat(length)] };
    return rejected(
      schemaOf(() => ({ issues: [issue, issue, issue, issue] })),
      {},
    );
  };
  const [whole, cut] = [await long(200), await long(201)];
  expect(whole.issues?.[0]).toMatchObject({ path: 'p'.repeat(200), message: 'm'.repeat(200) });
  expect(cut.issues?.[0]).toMatchObject({
    path: `${'p'.repeat(200)}…`,
    keys: ['p'.repeat(201)],
    message: `${'m'.repeat(200)}…`,
  });
  const start = 'GET /a answered 200 with a body that its schema rejects: ';
  expect(whole.message).toBe(
    `${`${start}${'p'.repeat(200)}: ${'m'.repeat(200)}; ${'p'.repeat(200)}`.slice(0, 600)}…`,
  );
});

test.each([
  [3, 'a: m; a: m; a: m'],
  [4, 'a: m; a: m; a: m; and 1 more'],
])('of %i issues a message shows three', async (length, shown) => {
  const issues = Array.from({ length }, () => ({ message: 'm', path: ['a'] }));
  const error = await rejected(
    schemaOf(() => ({ issues })),
    {},
  );
  expect(error.message).toBe(`GET /a answered 200 with a body that its schema rejects: ${shown}`);
});

test("isSchemaError() goes by code, and by the name of ky's error", () => {
  const named = (name: string): Error => Object.assign(new Error('m'), { name });
  expect(isSchemaError(Object.assign(new Error('m'), { code: 'SCHEMA' }))).toBe(true);
  expect(isSchemaError(named('SchemaValidationError'))).toBe(true);
  expect(isSchemaError(named('HTTPError'))).toBe(false);
  expect(isSchemaError({ name: 'SchemaValidationError', code: 'SCHEMA' })).toBe(false);
  expect(isSchemaError(undefined)).toBe(false);
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

  test("of zod's issues, which have keys beside their path", async () => {
    const strict = z.object({ deep: z.strictObject({ id: z.number() }) });
    const json = { deep: { id: 1, b: 2, c: 3 } };
    for (const error of [
      await errorOf(client({ json }).get('a').json(strict)),
      await rejected(strict, json),
    ]) {
      expect(Object.keys(flatIssues(error as SchemaError))).toEqual(['deep']);
      expect(nestedIssues(error as SchemaError).at['deep']?.messages).toHaveLength(1);
    }
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
    expect(drifts.length).toBeLessThan(2);
    for (const drift of drifts) {
      expect(drift).toMatchObject({ kind: 'unknown-keys', issueCount: drift.issues.length });
      expect(drift.issues[0]).toMatchObject({ message: 'unknown key' });
      expect((drift as SchemaError).message).toMatch(
        /^GET \/a answered 200 with keys that its schema does not know: \w/,
      );
    }
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
    [
      'below a list that a transform made an object of',
      v.pipe(
        v.array(v.object({ id: v.number() })),
        v.transform(([first]) => ({ first })),
      ),
      [{ id: 1 }, { id: 2 }],
      [],
    ],
    [
      'in what a transform made of an object, a list',
      v.pipe(
        v.object({ id: v.number() }),
        v.transform((item) => Object.keys(item)),
      ),
      { id: 1, b: 2 },
      [],
    ],
    [
      'in what a transform made of text, or of nothing',
      v.object({
        text: v.pipe(
          v.string(),
          v.transform((text) => ({ text })),
        ),
        none: v.pipe(
          v.null(),
          v.transform(() => ({})),
        ),
      }),
      { text: 'abc', none: null },
      [],
    ],
    [
      'in an object without a prototype',
      v.pipe(
        Item,
        v.transform((item) => Object.assign(Object.create(null) as object, item)),
      ),
      { id: 1, b: 2 },
      ['b'],
    ],
    ['of zod', z.object({ id: z.number() }), { id: 1, b: 2 }, ['b']],
    ['of arktype', type({ id: 'number', '+': 'delete' }), { id: 1, b: 2 }, ['b']],
    ['__proto__', Item, JSON.parse('{"id":1,"__proto__":{"id":2}}'), ['__proto__']],
    ['null', v.null(), null, []],
  ])('%s', async (_, one, json, paths) => expect(await unknown(one, json)).toEqual(paths));

  test('are not looked for unless asked', async () => {
    expect(await unknown(Item, { id: 1, b: 2 }, { unknownKeys: 'ignore' })).toEqual([]);
  });

  test('are looked for in ten thousand objects, from the end', async () => {
    const items = (at: number): unknown =>
      Array.from({ length: 20_000 }, (_, index) => (index === at ? { id: 1, b: 2 } : { id: 1 }));
    expect(await unknown(v.array(Item), items(19_000))).toEqual(['19000.b']);
    expect(await unknown(v.array(Item), items(0))).toEqual([]);
  });

  test('are cut', async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (__, index) => [`k${index}`, 1]));
    expect(await unknown(v.object({}), many)).toHaveLength(20);
  });
});
