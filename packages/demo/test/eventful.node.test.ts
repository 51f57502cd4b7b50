import type { CallRecord } from '@kyhooks/core';
import { expect, test } from 'vitest';
import { mostEventful } from '../src/eventful.ts';
import type { Result } from '../src/job.ts';

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
