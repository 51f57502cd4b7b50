import { constant, retry } from '@kyhooks/retry';
import { seeded, virtualClock } from '@kyhooks/testing';
import ky, { type KyInstance } from 'ky';
import { describe, expect, test } from 'vitest';
import { idempotency } from '../src/index.ts';
import { losses, ReferenceServer, type Rules } from './reference-server.ts';

/** What is seen of a run: what was done, and what the caller was told. */
interface Run {
  readonly effects: number;
  readonly told: 'success' | 'failure';
  readonly attempts: number;
}

const lossRate = 0.5;
const failureRate = 0.1;

/** One call of one client to one server, each attempt of which is lost half the time, in whatever way. */
async function run(
  seed: number,
  rules: Rules,
  dress: (bare: KyInstance) => KyInstance,
  fails: boolean,
): Promise<Run> {
  const random = seeded(seed);
  const server = new ReferenceServer(
    rules,
    () => (random() < lossRate ? losses[Math.floor(random() * losses.length)]! : 'none'),
    () => Math.floor(random() * 300),
    () => fails && random() < failureRate,
  );
  const api = dress(ky.create({ fetch: server.fetch, timeout: 400 }));
  let told: Run['told'] = 'failure';
  try {
    const answer = await api.post('https://api.test/invoices', { json: { seed } }).json<{ done: string }>();
    expect(answer.done).toBe(JSON.stringify({ seed }));
    told = 'success';
  } catch (error) {
    expect((error as Error).name).toMatch(/^(?:HTTP|Network|Timeout)Error$/);
  }
  // What was still at work when the caller had its answer.
  await new Promise((resolve) => void setTimeout(resolve, 1_000));
  return { effects: server.effects.get(JSON.stringify({ seed })) ?? 0, told, attempts: server.received };
}

/** All runs, some at a time on one clock. */
async function runs(
  count: number,
  ...[rules, dress, fails = false]: [Rules, (bare: KyInstance) => KyInstance, boolean?]
) {
  const done: Run[] = [];
  for (let seed = 0; seed < count; seed += 250) {
    using clock = virtualClock();
    const batch = Array.from({ length: 250 }, (_, index) => run(seed + index, rules, dress, fails));
    done.push(...(await clock.finish(Promise.all(batch))));
  }
  return done;
}

const resend = retry({ limit: 60, backoff: constant(50), jitter: 'none', budget: false });

describe.each(['ietf', 'stripe'] as const)('by the rules of %s', (rules) => {
  const withKeys = (bare: KyInstance): KyInstance =>
    bare.extend(idempotency({ preset: rules })).extend(resend);

  test(
    '5,000 seeded runs: exactly one effect per call, and every call hears of it',
    { timeout: 120_000 },
    async () => {
      const all = await runs(5_000, rules, withKeys);
      expect(all.filter(({ effects }) => effects !== 1)).toEqual([]);
      expect(all.filter(({ told }) => told !== 'success')).toEqual([]);
      expect(all.some(({ attempts }) => attempts > 5)).toBe(true);
    },
  );

  test(
    '1,000 runs with failures that the server keeps: none twice, none told that was not',
    { timeout: 60_000 },
    async () => {
      const all = await runs(1_000, rules, withKeys, true);
      expect(all.filter(({ effects }) => effects > 1)).toEqual([]);
      expect(all.filter(({ effects, told }) => told === 'success' && effects !== 1)).toEqual([]);
      expect(all.some(({ told }) => told === 'failure')).toBe(true);
    },
  );

  test('alone, without retry: none twice, none told that was not', { timeout: 60_000 }, async () => {
    const all = await runs(1_000, rules, (bare) => bare.extend(idempotency({ preset: rules })));
    expect(all.filter(({ effects }) => effects > 1)).toEqual([]);
    expect(all.filter(({ effects, told }) => told === 'success' && effects !== 1)).toEqual([]);
    expect(all.every(({ attempts }) => attempts <= 1)).toBe(true);
  });
});

test('the same without keys: the server counts the duplicates', { timeout: 60_000 }, async () => {
  const all = await runs(1_000, 'stripe', (bare) =>
    bare.extend({ retry: { limit: 5, methods: ['post'], delay: () => 50 } }),
  );
  expect(all.filter(({ effects }) => effects > 1).length).toBeGreaterThan(100);
});
