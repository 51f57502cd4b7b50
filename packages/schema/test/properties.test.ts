import fc from 'fast-check';
import type { StandardSchemaV1 } from 'ky';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isSchemaError, schema } from '../src/index.ts';
import { client, errorOf, schemaOf } from './kit.ts';

/** The same random schema in two libraries. */
interface Pair {
  readonly valibot: v.GenericSchema;
  readonly zod: z.ZodType;
}

const leaf: fc.Arbitrary<Pair> = fc.constantFrom<Pair>(
  { valibot: v.string(), zod: z.string() },
  { valibot: v.number(), zod: z.number() },
  { valibot: v.boolean(), zod: z.boolean() },
  { valibot: v.null(), zod: z.null() },
  { valibot: v.optional(v.number(), 7), zod: z.number().default(7) },
  {
    valibot: v.pipe(
      v.string(),
      v.transform((text) => text.length),
    ),
    zod: z.string().transform((text) => text.length),
  },
);
const key = fc.constantFrom('a', 'b', 'c', 'toString');
const pairs = fc.letrec<{ any: Pair }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    leaf,
    tie('any').map(({ valibot, zod }): Pair => ({ valibot: v.array(valibot), zod: z.array(zod) })),
    tie('any').map(({ valibot, zod }): Pair => ({ valibot: v.nullable(valibot), zod: z.nullable(zod) })),
    fc.dictionary(key, tie('any'), { maxKeys: 3, noNullPrototype: true }).map((entries): Pair => ({
      valibot: v.object(
        Object.fromEntries(Object.entries(entries).map(([name, one]) => [name, one.valibot])),
      ),
      zod: z.object(Object.fromEntries(Object.entries(entries).map(([name, one]) => [name, one.zod]))),
    })),
  ),
})).any;
/** Values that fit now and then. */
const values = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(key, tie('any'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).any;

async function direct(one: StandardSchemaV1, value: unknown): Promise<unknown> {
  const said = await one['~standard'].validate(JSON.parse(JSON.stringify(value)));
  return said.issues ? { issues: said.issues.length } : { value: said.value };
}

async function byCall(one: StandardSchemaV1, json: unknown): Promise<unknown> {
  const result = await errorOf(
    client({ json })
      .extend(schema({ 'GET /a': one }, { unknownKeys: 'report' }))
      .get('a')
      .json(),
  );
  return isSchemaError(result) ? { issues: result.issueCount } : { value: result.noError };
}

test('for random schemas and values the result is that of validating directly', async () => {
  let fits = 0;
  await fc.assert(
    fc.asyncProperty(pairs, values, fc.boolean(), async ({ valibot, zod }, value, async) => {
      for (const one of [valibot, zod] as StandardSchemaV1[]) {
        const expected = await direct(one, value);
        if ('value' in (expected as object)) fits++;
        const asked = async ? schemaOf(async (given) => one['~standard'].validate(given)) : one;
        expect(await byCall(asked, value)).toEqual(expected);
      }
    }),
    { numRuns: 300 },
  );
  // Both ways were taken.
  expect(fits).toBeGreaterThan(20);
});

/** What a schema that takes anything, `undefined` too, makes of a text. */
function parsed(text: string): unknown {
  try {
    return { noError: text === '' ? undefined : JSON.parse(text) };
  } catch {
    return 'no JSON';
  }
}

test('any JSON comes through a schema that takes anything, and any other text is told', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
      const result = await errorOf(
        client({ body })
          .extend(schema({ 'GET /a': v.any() }))
          .get('a')
          .json(),
      );
      expect(isSchemaError(result) ? 'no JSON' : result).toEqual(parsed(body));
    }),
    { numRuns: 500 },
  );
});

test('JSON that is cut off is never called anything but truncated or empty', async () => {
  const body = fc
    .oneof(
      fc.array(fc.jsonValue(), { minLength: 1 }),
      fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
    )
    .map((value) => JSON.stringify(value));
  await fc.assert(
    fc.asyncProperty(body, fc.nat(), async (text, at) => {
      // A character beyond the basic plane cut in two is no text any more.
      const cut = text.slice(0, at % text.length).replace(/[\uD800-\uDBFF]$/, '');
      fc.pre(!/[\0\uFFFD]/.test(cut));
      const error = await errorOf(
        client({ body: cut })
          .extend(schema({ 'GET /a': v.any() }))
          .get('a')
          .json(),
      );
      expect(isSchemaError(error) ? error : { kind: 'empty' }).toMatchObject({
        kind: cut === '' ? 'empty' : 'truncated',
      });
    }),
    { numRuns: 500 },
  );
});
