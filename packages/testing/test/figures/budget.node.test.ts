import { resetBudgets } from '@kyhooks/core/budget';
import { retry, type RetryOptions } from '@kyhooks/retry';
import { seeded, virtualClock } from '@kyhooks/testing';
import ky, { type Options } from 'ky';
import { describe, expect, test, vi } from 'vitest';
import { figure, markdownTable } from './table.ts';

// Thousands of calls; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const perSecond = 100;
const seconds = 20;
const calls = perSecond * seconds;

interface Run {
  readonly succeeded: number;
  readonly perCall: number;
}

/** So many calls a second through a server that fails so large a share of all requests. */
async function run(failing: number, options: RetryOptions): Promise<Run> {
  using clock = virtualClock();
  resetBudgets();
  const random = seeded(3);
  const chance = Math.random;
  Math.random = random;
  try {
    let requests = 0;
    const fetch: NonNullable<Options['fetch']> = async () => {
      requests++;
      return new Response('{}', { status: random() < failing ? 503 : 200 });
    };
    const api = ky.create({ fetch }).extend(retry(options));
    let succeeded = 0;
    const ends: Promise<void>[] = [];
    const call = async (): Promise<void> => {
      const { ok } = await api.get('https://api.test/a', { throwHttpErrors: false });
      if (ok) succeeded++;
    };
    for (let at = 0; at < calls; at++) setTimeout(() => ends.push(call()), (at / perSecond) * 1_000);
    await clock.advance(seconds * 1_000 + 10_000);
    await Promise.all(ends);
    return { succeeded: succeeded / calls, perCall: requests / calls };
  } finally {
    Math.random = chance;
  }
}

const shares = [0.05, 0.1, 0.2, 0.3, 0.55, 1];
const results = new Map<number, readonly [none: Run, budget: Run, unbounded: Run]>();

describe('what the default budget gives and takes', () => {
  test.each(shares)('where a share of %d fails', async (share) => {
    const none = await run(share, { limit: 0 });
    const budget = await run(share, {});
    const unbounded = await run(share, { budget: false });
    results.set(share, [none, budget, unbounded]);
    expect(budget.perCall).toBeLessThanOrEqual(unbounded.perCall);
    expect(budget.succeeded).toBeGreaterThanOrEqual(none.succeeded);
  });

  test.each([0.05, 0.1, 0.2])('where %d fail, nobody meets it', (share) => {
    const [, budget, unbounded] = results.get(share)!;
    expect(budget).toEqual(unbounded);
  });

  test('where all fail, it keeps the load from growing fourfold', () => {
    const [, budget, unbounded] = results.get(1)!;
    expect(unbounded.perCall).toBe(4);
    expect(budget.perCall).toBeLessThan(1.5);
  });

  test('the table of the site', async () => {
    const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
    const rows = [...results].map(([share, [none, budget, unbounded]]) => [
      `${(100 * share).toFixed(0)} %`,
      percent(none.succeeded),
      percent(budget.succeeded),
      budget.perCall.toFixed(2),
      percent(unbounded.succeeded),
      unbounded.perCall.toFixed(2),
    ]);
    const head = [
      'requests that fail',
      'calls that succeed without retries',
      'with `retry()`',
      'requests per call',
      'with `retry({ budget: false })`',
      'requests per call',
    ];
    await expect(markdownTable(head, rows)).toMatchFileSnapshot(figure('.figures/retry-budget.md'));
  });
});
