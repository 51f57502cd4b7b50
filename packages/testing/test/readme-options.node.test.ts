import { readFileSync } from 'node:fs';
import { isOptionsError } from '@kyhooks/core';
import { budgetDefaults } from '@kyhooks/core/budget';
import { toFetch } from '@kyhooks/fetch';
import { idempotency, idempotencyDefaults } from '@kyhooks/idempotency';
import { auth, authDefaults } from '@kyhooks/auth';
import { log, logDefaults } from '@kyhooks/log';
import { otel, otelDefaults } from '@kyhooks/otel';
import { fanOut, fanOutDefaults, paginate } from '@kyhooks/result';
import { type ExponentialOptions, exponential, retry, retryDefaults } from '@kyhooks/retry';
import { rateLimit, rateLimitDefaults, redisDefaults } from '@kyhooks/rate-limit/redis';
import { schema, schemaDefaults } from '@kyhooks/schema';
import { timeout, timeoutDefaults } from '@kyhooks/timeout';
import ky, { type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { optionTables } from './options-table.ts';
import { publishedPackages } from './published.ts';

interface Documented {
  /** The package. */
  readonly readme: string;
  /** Anything that refuses an option it does not know. */
  readonly factory: (options: never) => unknown;
  readonly defaults: object;
}

/** What the READMEs have a table of options for. */
const documented: Readonly<Record<string, Documented>> = {
  'auth()': { readme: 'auth', factory: auth, defaults: authDefaults },
  'the budget': { readme: 'core', factory: (budget) => retry({ budget }), defaults: budgetDefaults },
  'idempotency()': { readme: 'idempotency', factory: idempotency, defaults: idempotencyDefaults },
  'log()': { readme: 'log', factory: log, defaults: logDefaults },
  'otel()': { readme: 'otel', factory: otel, defaults: otelDefaults },
  'rateLimit()': {
    readme: 'rate-limit',
    factory: rateLimit,
    defaults: { ...rateLimitDefaults, ...redisDefaults },
  },
  'fanOut()': {
    readme: 'result',
    factory: (options) => fanOut([], () => undefined, options),
    defaults: fanOutDefaults,
  },
  'retry()': { readme: 'retry', factory: retry, defaults: retryDefaults },
  'schema()': { readme: 'schema', factory: (options) => schema({}, options), defaults: schemaDefaults },
  'timeout()': { readme: 'timeout', factory: timeout, defaults: timeoutDefaults },
};

describe.each(Object.entries(documented))(
  'the table of options of %s',
  (_, { readme, factory, defaults }) => {
    const table = optionTables(readme)[0]!;

    test('names the options that there are', () => {
      expect([...table.keys()].sort()).toEqual(knownTo(factory).sort());
    });

    test('leaves only those without a default that have none', () => {
      const withDefault = [...table].filter(([, cell]) => cell !== '–').map(([option]) => option);
      expect(withDefault.sort()).toEqual(Object.keys(defaults).sort());
    });

    test.each(Object.entries(defaults))('shows the default of %s', (option, value) => {
      expect(comparable(shown(table.get(option) ?? ''))).toEqual(comparable(value));
    });
  },
);

test('the table of paginate() names the options that there are, with the defaults that the source tells', () => {
  const table = optionTables('result')[1]!;
  expect([...table.keys()].sort()).toEqual(
    knownTo((options) => paginate(ky, 'https://api.example.com/', options)).sort(),
  );
  const source = readFileSync(new URL('../../result/src/paginate.ts', import.meta.url), 'utf8');
  const told = [...source.matchAll(/@default (.*)\n\s*\*\/\n\s*readonly (\w+)/g)];
  const withDefault = [...table].filter(([, cell]) => cell !== '–');
  expect(new Map(withDefault)).toEqual(new Map(told.map(([, value, option]) => [option, value])));
});

test('the table of toFetch() shows what a call of ky has there', async () => {
  const [table] = optionTables('fetch');
  let seen: Options = {};
  await toFetch({
    fetch: async () => new Response(),
    hooks: { init: [(options) => void (seen = { ...options })] },
  })('https://api.example.com/');
  const shownDefaults = [...table!].map(([option, cell]) => [option, literal(cell)]);
  const { throwHttpErrors, timeout: bound, retry: retries } = seen;
  expect(Object.fromEntries(shownDefaults)).toEqual({ throwHttpErrors, timeout: bound, retry: retries });
});

test('every README has one', () => {
  expect(publishedPackages.filter((name) => optionTables(name).length === 0)).toEqual([]);
});

/** The options a layer accepts, as its own message lists them. */
function knownTo(factory: (options: never) => unknown): string[] {
  try {
    factory({ noSuchOption: 1 } as never);
  } catch (error) {
    if (isOptionsError(error)) return /known: ([^)]*)/.exec(error.message)![1]!.split(', ');
    throw error;
  }
  throw new Error('An unknown option was accepted');
}

/** The value that a cell of the table shows: a literal, or a backoff such as `exponential({ base: 300, cap: 20_000 })`. */
function shown(cell: string): unknown {
  const [, bounds] = /^exponential\((\{.*\})\)$/.exec(cell) ?? [];
  return bounds ? exponential(literal(bounds) as ExponentialOptions) : literal(cell);
}

function literal(text: string): unknown {
  const json = text
    .replaceAll("'", '"')
    .replaceAll(/(?<=\d)_(?=\d)/g, '')
    .replaceAll(/(\w+):/g, '"$1":');
  return JSON.parse(json);
}

/** A backoff is compared by the waits it gives. */
function comparable(value: unknown): unknown {
  if (typeof value !== 'function') return value;
  const backoff = value as (retryCount: number) => number;
  return Array.from({ length: 20 }, (_, index) => backoff(index + 1));
}
