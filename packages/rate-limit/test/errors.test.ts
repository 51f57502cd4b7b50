import { expect, test } from 'vitest';
import { isRateLimitError, RateLimitError } from '../src/index.ts';
import { whyRefused } from '../src/errors.ts';

class BottleneckError extends Error {}

test.each([
  [
    new BottleneckError('Impossible to add a job having a weight of 3 to a limiter having …'),
    'RATE_LIMIT_OVERWEIGHT',
  ],
  [new BottleneckError('This job has been dropped by Bottleneck'), 'RATE_LIMIT_QUEUE_FULL'],
  [new BottleneckError('This limiter has been stopped.'), 'RATE_LIMIT_STOPPED'],
])('a refusal of Bottleneck keeps its words: %s', (error, code) => {
  expect(whyRefused(error)).toEqual([code, error.message, error]);
});

test('any other error is one of the store', () => {
  const error = new Error('connect ECONNREFUSED');
  expect(whyRefused(error)).toEqual(['RATE_LIMIT_STORE_UNAVAILABLE', undefined, error]);
});

test('an error says what it knows', () => {
  const key = 'https://api.test';
  const plain = new RateLimitError('RATE_LIMIT_STOPPED', { key, queueLength: 2 });
  expect(plain.message).toBe('Not sent: the limiter is closed (2 waiting)');
  expect('cause' in plain).toBe(false);
  const cause = new Error('connect ECONNREFUSED');
  const full = new RateLimitError('RATE_LIMIT_STORE_UNAVAILABLE', {
    key,
    queueLength: 0,
    estimatedWaitMs: 10.2,
    cause,
  });
  expect(full.message).toBe(
    'Not sent: the store of the limiter cannot be reached (0 waiting, it would take at least 11 ms)',
  );
  expect(full).toMatchObject({ key, cause, estimatedWaitMs: 10.2 });
  expect(isRateLimitError(full)).toBe(true);
  expect(isRateLimitError(cause)).toBe(false);
});
