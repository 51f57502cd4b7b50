import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Summary } from '../src/summary.ts';
import { table } from '../src/table.ts';

const summary: Summary = {
  client: 'a client',
  settings: '',
  users: { planned: 1000, right: 900, wrong: 20, failed: 80, interrupted: 0 },
  invoices: { planned: 0, right: 0, wrong: 0, failed: 0, interrupted: 0 },
  wrongAnswersAccepted: 20,
  requests: 1234,
  latencyMs: { p50: 20, p95: 1234, p99: 12_345 },
  elapsedMs: 60_000,
  failures: {
    users: Array.from({ length: 7 }, (_, index) => ({ reason: `reason ${index}`, count: 7 - index })),
    invoices: [],
  },
};

function cells(...summaries: Summary[]): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  let label = '';
  for (const line of stripVTControlCharacters(table(summaries)).split('\n')) {
    const [first, ...rest] = line
      .split('│')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (first === undefined) continue;
    label = first || label;
    rows.set(label, [...(rows.get(label) ?? []), ...rest]);
  }
  return rows;
}

describe('the table', () => {
  test('puts the runs side by side, in numbers for people', () => {
    const rows = cells(summary, { ...summary, requests: 99, elapsedMs: 500 });
    expect(rows.get('users: right answers')).toEqual(['900 of 1,000 (90.0 %)', '900 of 1,000 (90.0 %)']);
    expect(rows.get('requests sent')).toEqual(['1,234', '99']);
    expect(rows.get('p99 per call')).toEqual(['12.3 s', '12.3 s']);
    expect(rows.get('time')).toEqual(['60.0 s', '500 ms']);
  });

  test('leaves out what is not known of any run', () => {
    const rows = cells(summary);
    for (const label of ['invoices: right answers', 'duplicate writes on server', 'wrong answers accepted']) {
      expect(rows.has(label), label).toBe(false);
    }
  });

  test('shows the five commonest reasons, and how many more failed', () => {
    expect(cells(summary).get('why users failed')).toEqual([
      '7 × reason 0',
      '6 × reason 1',
      '5 × reason 2',
      '4 × reason 3',
      '3 × reason 4',
      '3 × other',
    ]);
  });

  test('counts what an interruption left undone', () => {
    const users = { ...summary.users, planned: 1010, interrupted: 4 };
    expect(cells({ ...summary, users }).get('interrupted or not begun')).toEqual(['10']);
  });
});
