import { describe, expect, test } from 'vitest';
import type { Result } from '../src/job.ts';
import { percentiles, summarize } from '../src/summary.ts';

describe('percentiles', () => {
  test('are values that occurred, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentiles(hundred)).toEqual({ p50: 50, p95: 95, p99: 99 });
    expect(percentiles([3, 1, 2])).toEqual({ p50: 2, p95: 3, p99: 3 });
    expect(percentiles([7])).toEqual({ p50: 7, p95: 7, p99: 7 });
  });

  test('do not exist without values', () => {
    expect(percentiles([])).toBeUndefined();
  });
});

describe('a summary', () => {
  const result = (subject: string, kind: Result['kind'], more: Partial<Result> = {}): Result => ({
    subject,
    kind,
    durationMs: 10,
    attempts: 1,
    ...more,
  });
  const run = {
    client: 'a client',
    settings: '',
    planned: { users: 6, invoices: 3 },
    users: [
      result('user 1', 'right'),
      result('user 2', 'wrong', { attempts: 3 }),
      result('user 3', 'failed', { reason: 'status 503', attempts: 4 }),
      result('user 4', 'failed', { reason: 'status 503' }),
      result('user 5', 'failed', { reason: 'malformed JSON' }),
      result('user 6', 'interrupted', { durationMs: 9000 }),
    ],
    invoices: [
      result('INV-0001', 'right'),
      result('INV-0002', 'right'),
      result('INV-0003', 'failed', { reason: 'ECONNRESET' }),
    ],
    elapsedMs: 1000,
  };

  test('counts each way to end, and leaves interrupted calls out of the percentiles', () => {
    const { users, wrongAnswersAccepted, latencyMs, failures } = summarize(run);
    expect(users).toEqual({ planned: 6, right: 1, wrong: 1, failed: 3, interrupted: 1 });
    expect(wrongAnswersAccepted).toBe(1);
    expect(latencyMs?.p99).toBe(10);
    expect(failures).toEqual({
      users: [
        { reason: 'status 503', count: 2 },
        { reason: 'malformed JSON', count: 1 },
      ],
      invoices: [{ reason: 'ECONNRESET', count: 1 }],
    });
  });

  test('takes the count of requests from the server, and from the client where there is none', () => {
    const server = {
      requests: 20,
      byMethod: {},
      served: {},
      servedFirst: {},
      stored: {},
      copiesKnown: 0,
      duplicateWrites: 0,
    };
    expect(summarize({ ...run, server }).requests).toBe(20);
    expect(summarize(run).requests).toBe(14);
  });

  test('compares what the client believes with what the server stored', () => {
    const stored = { 'INV-0001': 2, 'INV-0003': 1 };
    const server = {
      requests: 9,
      byMethod: {},
      served: {},
      servedFirst: {},
      stored,
      copiesKnown: 0,
      duplicateWrites: 1,
    };
    expect(summarize({ ...run, server }).server).toMatchObject({
      copiesKnown: 0,
      duplicateWrites: 1,
      storedInvoices: 2,
      storedThoughFailed: 1,
      lostInvoices: 1,
    });
  });
});
