import { readFileSync } from 'node:fs';
import { traceOf } from '@kyhooks/core';
import { retry } from '@kyhooks/retry';
import { type Reply, scriptedWire, virtualClock } from '@kyhooks/testing';
import ky, { type KyInstance } from 'ky';
import { describe, expect, test } from 'vitest';
import { idempotency, type IdempotencyOptions, isIdempotencyError, type PresetName } from '../src/index.ts';
import { presets } from '../src/presets.ts';

/** What an API does, by its documents: the answers it gives, in the form in which it gives them. */
interface Row {
  readonly header: string;
  readonly format: 'raw' | 'quoted';
  readonly longest?: number;
  readonly refusedKeys?: readonly string[];
  readonly inProgress: readonly Reply[];
  readonly waitMs?: number;
  readonly reused: readonly Reply[];
  readonly missing: readonly Reply[];
  /** Answers that have nothing to do with keys. */
  readonly others: readonly Reply[];
  /** Answers that `retry()` must not act on, whatever their status. */
  readonly final?: readonly Reply[];
}

const problem = (status: number, title: string, topic = 'idempotency'): Reply => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  json: { type: `https://developer.example.com/${topic}`, title },
});
const draft = {
  header: 'idempotency-key',
  inProgress: [
    problem(409, 'A request is outstanding for this Idempotency-Key'),
    { status: 409, body: 'idempotency key in use' },
  ],
  reused: [problem(422, 'Idempotency-Key is already used')],
  missing: [problem(400, 'Idempotency-Key is missing')],
  others: [
    problem(409, 'This name is taken', 'names'),
    problem(422, 'The amount is negative', 'amounts'),
    problem(400, 'This is no JSON', 'json'),
    { status: 409 },
  ],
} as const;
const issue = (status: number, name: string, code: string): Reply => ({
  status,
  json: { name, details: [{ issue: code }] },
});

const rows: Readonly<Record<PresetName | 'none', Row>> = {
  none: { ...draft, format: 'raw', longest: 255 },
  ietf: { ...draft, format: 'quoted' },
  telnyx: { ...draft, format: 'raw', longest: 255, refusedKeys: ['a.b', 'a/b', 'a b'] },
  stripe: {
    header: 'idempotency-key',
    format: 'raw',
    longest: 255,
    inProgress: [
      { status: 409, json: { error: { type: 'invalid_request_error', code: 'idempotency_key_in_use' } } },
    ],
    reused: [{ status: 400, json: { error: { type: 'idempotency_error' } } }],
    missing: [],
    others: [{ status: 400, json: { error: { type: 'invalid_request_error' } } }, { status: 402 }],
    final: [
      { status: 500, headers: { 'stripe-should-retry': 'false' } },
      { status: 409, headers: { 'stripe-should-retry': 'false' } },
    ],
  },
  adyen: {
    header: 'idempotency-key',
    format: 'raw',
    longest: 64,
    inProgress: [409, 422, 503].map((status) => ({
      status,
      headers: { 'transient-error': 'true' },
      json: { errorCode: '704' },
    })),
    reused: [],
    missing: [],
    others: [{ status: 422, json: { errorCode: '14_010' } }, { status: 409 }],
    final: [{ status: 500, headers: { 'transient-error': 'false' } }],
  },
  paypal: {
    header: 'paypal-request-id',
    format: 'raw',
    longest: 108,
    inProgress: [issue(409, 'RESOURCE_CONFLICT', 'PREVIOUS_REQUEST_IN_PROGRESS')],
    reused: [
      issue(422, 'UNPROCESSABLE_ENTITY', 'PAYPAL_REQUEST_ID_PREVIOUSLY_USED'),
      { status: 400, json: { name: 'DUPLICATE_REQUEST_ID' } },
    ],
    missing: [issue(400, 'INVALID_REQUEST', 'PAYPAL_REQUEST_ID_REQUIRED')],
    others: [
      issue(409, 'RESOURCE_CONFLICT', 'OTHER'),
      issue(422, 'UNPROCESSABLE_ENTITY', 'ORDER_ALREADY_CAPTURED'),
    ],
  },
  checkout: {
    header: 'cko-idempotency-key',
    format: 'raw',
    inProgress: [{ status: 409 }],
    waitMs: 30_000,
    reused: [],
    missing: [],
    others: [{ status: 422, json: { error_type: 'request_invalid' } }],
  },
};

/** Plays the replies to one POST; the last serves all requests behind it. */
async function play(options: IdempotencyOptions, replies: readonly Reply[]) {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies });
  const api: KyInstance = ky
    .create({ fetch: wire.fetch, timeout: false })
    .extend(idempotency(options))
    .extend(retry({ jitter: 'none' }));
  const call = api.post('https://api.test/a').catch((error: unknown) => error);
  const result = await clock.finish(call);
  return {
    result,
    sent: wire.exchanges.map(({ request }) => request),
    atMs: wire.exchanges.map(({ atMs }) => atMs),
  };
}

test('every preset is here', () => {
  expect(Object.keys(rows).sort()).toEqual(['none', ...Object.keys(presets)].sort());
});

for (const [name, row] of Object.entries(rows)) {
  const preset = (name === 'none' ? {} : { preset: name }) as IdempotencyOptions;
  const ok: Reply = { status: 200 };

  describe(name, () => {
    test('header and format', async () => {
      const { sent } = await play({ ...preset, createKey: () => 'key-1' }, [ok]);
      expect(sent[0]!.headers.get(row.header)).toBe(row.format === 'quoted' ? '"key-1"' : 'key-1');
    });

    test('the longest key', async () => {
      const longest = row.longest ?? 10_000;
      expect((await play({ ...preset, createKey: () => 'x'.repeat(longest) }, [ok])).sent).toHaveLength(1);
      const { sent } = await play({ ...preset, createKey: () => 'x'.repeat(longest + 1) }, [ok]);
      expect(sent).toHaveLength(row.longest ? 0 : 1);
    });

    test('keys that it does not take', async () => {
      for (const key of row.refusedKeys ?? ['a\nb']) {
        expect((await play({ ...preset, createKey: () => key }, [ok])).sent, key).toEqual([]);
      }
    });

    test('header and format can be overruled', async () => {
      const own: IdempotencyOptions = { header: 'x-own', format: 'quoted', createKey: () => 'k' };
      expect((await play({ ...preset, ...own }, [ok])).sent[0]!.headers.get('x-own')).toBe('"k"');
    });

    test.each(row.inProgress)('waits for a first request that still runs: %j', async (reply) => {
      const { result, atMs } = await play(preset, [reply, ok]);
      expect((result as Response).status).toBe(200);
      expect(atMs).toEqual([0, row.waitMs ?? 500]);
    });

    for (const [code, replies] of [
      ['IDEMPOTENCY_KEY_REUSED', row.reused],
      ['IDEMPOTENCY_KEY_MISSING', row.missing],
    ] as const) {
      for (const reply of replies) {
        test(`${code}: ${JSON.stringify(reply)}`, async () => {
          const { result, sent } = await play(preset, [reply]);
          expect(result).toMatchObject({ name: 'HTTPError', code });
          expect(sent).toHaveLength(1);
        });
      }
    }

    test.each(row.others)('is no matter of keys: %j', async (reply) => {
      const { result, sent } = await play(preset, [reply]);
      expect(isIdempotencyError(result)).toBe(false);
      expect(result).toMatchObject({ name: 'HTTPError' });
      expect(sent).toHaveLength(1);
    });

    test('what it calls final is not sent again', async () => {
      for (const reply of row.final ?? []) {
        const { result, sent } = await play(preset, [reply]);
        expect(sent, JSON.stringify(reply)).toHaveLength(1);
        expect(traceOf(result)?.sendOnce).toMatch(/^the server says .*: false$/);
      }
      expect(row.final?.length ?? 0).toBe(row === rows.stripe ? 2 : row === rows.adyen ? 1 : 0);
    });

    test('stands in the README', () => {
      const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
      const cells = readme
        .split('\n')
        .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
        .find(([, first]) => first === name);
      expect(cells?.[2]?.toLowerCase()).toBe(row.header);
      expect(cells?.[3]).toMatch(new RegExp(`^${row.format}`));
      expect(cells?.[4]).toBe(row.longest ? String(row.longest) : '–');
    });
  });
}
