import type { CallRecord } from '@kyhooks/core';
import { describe, expect, test } from 'vitest';
import { mostEventful } from '../src/eventful.ts';
import type { Result } from '../src/job.ts';
import { waterfall } from '../src/waterfall.ts';

const record: CallRecord = {
  id: 'x-1',
  method: 'GET',
  url: 'http://api/users/7',
  startTimeMs: 0,
  durationMs: 4400,
  replaySafe: false,
  phase: 'body',
  attempts: [
    { number: 1, startMs: 0, backoffMs: 0, gateMs: 0, queuedMs: 0, headersMs: 20, status: 429 },
    {
      number: 2,
      startMs: 1020,
      backoffMs: 1000,
      gateMs: 400,
      queuedMs: 390,
      headersMs: 400,
      error: 'ATTEMPT_TIMEOUT',
    },
    {
      number: 3,
      startMs: 2000,
      backoffMs: 180,
      gateMs: 0,
      queuedMs: 0,
      headersMs: 400,
      bodyMs: 2000,
      status: 200,
    },
  ],
  decisions: [
    { attempt: 1, layer: 'retry', verdict: 'retry', reason: 'status 429 is retryable', delayMs: 1000 },
    { attempt: 2, layer: 'retry', verdict: 'retry', reason: 'the attempt timed out', delayMs: 180 },
  ],
  outcome: 'ok',
};

describe('the waterfall', () => {
  test('shows each attempt in scale, and what was decided and why', () => {
    expect(waterfall(record)).toMatchInlineSnapshot(`
      "GET http://api/users/7: 3 attempts in 4,400 ms, ok

        # 0                                   4,400 ms  backoff     gate  headers     body  outcome
        1 █                                                0 ms     0 ms    20 ms        –  429
          ↳ retry: retry after 1,000 ms: status 429 is retryable
        2 ··········░░░░████                           1,000 ms   400 ms   400 ms        –  ATTEMPT_TIMEOUT, queued 390 ms
          ↳ retry: retry after 180 ms: the attempt timed out
        3                   ··████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒   180 ms     0 ms   400 ms 2,000 ms  200

          · backoff   ░ gate   █ headers   ▒ body"
    `);
  });

  test('shows an attempt however short it was, also at the very end', () => {
    const { attempts } = record;
    const last = { ...attempts[0]!, number: 2, startMs: 4399, headersMs: 1 };
    const lines = waterfall({ ...record, attempts: [attempts[0]!, last], decisions: [] }).split('\n');
    expect(lines[3]).toMatch(/^ {2}1 █ /);
    expect(lines[4]).toMatch(/^ {2}2 {44}█ /);
  });

  test('names the error of a call that failed', () => {
    expect(waterfall({ ...record, outcome: 'failed', error: 'ECONNRESET' })).toMatch(
      /ms, failed \(ECONNRESET\)\n/,
    );
  });
});

test('the most eventful call has most attempts, and of those the longest time', () => {
  const one = { ...record, attempts: record.attempts.slice(0, 1), durationMs: 9000 };
  const longer = { ...record, durationMs: 5000 };
  const results = [one, record, longer, record, one].map((seen): Result => ({
    subject: '',
    kind: 'right',
    durationMs: 0,
    attempts: 1,
    record: seen,
  }));
  const story = { client: '', startTimeMs: 0, results };
  expect(mostEventful([story, { ...story, limiter: [] }])).toBe(longer);
  expect(mostEventful([story])).toBeUndefined();
});
