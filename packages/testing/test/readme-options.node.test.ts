import { readFileSync } from 'node:fs';
import { isOptionsError } from '@kyhooks/core';
import { idempotency, idempotencyDefaults } from '@kyhooks/idempotency';
import { auth, authDefaults } from '@kyhooks/auth';
import { log, logDefaults } from '@kyhooks/log';
import { otel, otelDefaults } from '@kyhooks/otel';
import { fanOut, fanOutDefaults } from '@kyhooks/result';
import { type ExponentialOptions, exponential, retry, retryDefaults } from '@kyhooks/retry';
import { rateLimit, rateLimitDefaults, redisDefaults } from '@kyhooks/rate-limit/redis';
import { schema, schemaDefaults } from '@kyhooks/schema';
import { timeout, timeoutDefaults } from '@kyhooks/timeout';
import { describe, expect, test } from 'vitest';

/** The packages whose README has a table of options. */
const packages: Readonly<
  Record<string, { readonly factory: (options: never) => unknown; readonly defaults: object }>
> = {
  idempotency: { factory: idempotency, defaults: idempotencyDefaults },
  auth: { factory: auth, defaults: authDefaults },
  log: { factory: log, defaults: logDefaults },
  otel: { factory: otel, defaults: otelDefaults },
  result: { factory: (options) => fanOut([], () => undefined, options), defaults: fanOutDefaults },
  'rate-limit': { factory: rateLimit, defaults: { ...rateLimitDefaults, ...redisDefaults } },
  retry: { factory: retry, defaults: retryDefaults },
  schema: { factory: (options) => schema({}, options), defaults: schemaDefaults },
  timeout: { factory: timeout, defaults: timeoutDefaults },
};

for (const [name, { factory, defaults }] of Object.entries(packages)) {
  describe(`the table of options of @kyhooks/${name}`, () => {
    const table = tableOf(name);

    test('names the options that there are', () => {
      expect([...table.keys()].sort()).toEqual(knownTo(factory).sort());
    });

    test('leaves only those without a default that have none', () => {
      const withDefault = [...table].filter(([, cell]) => cell !== '–').map(([option]) => option);
      expect(withDefault.sort()).toEqual(Object.keys(defaults).sort());
    });

    for (const [option, value] of Object.entries(defaults)) {
      test(`shows the default of ${option}`, () => {
        expect(comparable(shown(table.get(option) ?? ''))).toEqual(comparable(value));
      });
    }
  });
}

/** Options of the README's table, with what it shows as their default. */
function tableOf(name: string): Map<string, string> {
  const readme = readFileSync(new URL(`../../${name}/README.md`, import.meta.url), 'utf8');
  const section = /^## Options$([^]*?)^## /m.exec(readme)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return new Map(
    rows.map((row) => {
      const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('`', ''));
      return [cells[1] ?? '', cells[4] ?? ''];
    }),
  );
}

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
