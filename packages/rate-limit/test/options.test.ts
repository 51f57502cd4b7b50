import { rateLimit, rateLimitDefaults, type RateLimitOptions } from '@kyhooks/rate-limit';
import Bottleneck from 'bottleneck';
import { describe, expect, test } from 'vitest';
import { refine } from '../src/options.ts';

describe('options', () => {
  test('the defaults', () => {
    expect(rateLimitDefaults).toEqual({
      priority: 5,
      aging: false,
      weight: 1,
      hold: 'headers',
      queue: { limit: 1_000, timeout: false },
      followServer: { maxPause: 60_000 },
    });
  });

  test('all faults are reported at once, those of groups by their dotted names', () => {
    const wrong = {
      maxConcurrent: 0,
      rate: { limit: 1.5, interval: 0 },
      priority: 10,
      queue: { limit: -1, length: 5 },
      hold: 'both',
    };
    expect(() => rateLimit(wrong as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        faults: [
          expect.objectContaining({ option: 'maxConcurrent' }),
          expect.objectContaining({ option: 'rate.limit' }),
          expect.objectContaining({ option: 'rate.interval' }),
          expect.objectContaining({ option: 'priority' }),
          expect.objectContaining({ option: 'queue.limit' }),
          expect.objectContaining({ option: 'queue.length' }),
          expect.objectContaining({ option: 'hold' }),
        ],
      }),
    );
  });

  test.each<[string, unknown]>([
    ['no object', 5],
    ['no window', { rate: [] }],
    [
      'a bad window beside a good one',
      {
        rate: [
          { limit: 1, interval: 1 },
          { limit: 0, interval: 1 },
        ],
      },
    ],
    ['what is no limiter', { limiter: 5 }],
    ['what is nothing', { limiter: null }],
    ['a window of nothing', { rate: {} }],
    ['a window without a limit', { rate: { interval: 1 } }],
    ['one bad window of two', { rate: [{ limit: 1, interval: 1 }, { limit: 1 }] }],
    ['a weight that never fits', { weight: 5, maxConcurrent: 4 }],
    ['an empty id', { id: '' }],
  ])('%s is refused', (_, options) => {
    expect(() => rateLimit(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
  });

  test.each<[RateLimitOptions, string]>([
    [{ weight: 5, maxConcurrent: 4 }, 'weight must be at most the smallest limit (4), got 5'],
    [
      { weight: 3, maxConcurrent: 4, rate: { limit: 2, interval: 1 } },
      'weight must be at most the smallest limit (2), got 3',
    ],
    [{ rate: { limit: 1 } as never }, 'rate must have both limit and interval, got one of them'],
    [{ limiter: new Bottleneck(), minTime: 5 }, 'limiter excludes maxConcurrent, rate and minTime, got both'],
  ])('rules that span options: %o', (options, message) => {
    expect(() => rateLimit(options)).toThrow(message);
  });

  test.each<[unknown, string]>([
    [{ rate: [] }, 'an array of such, with at least one member'],
    [{ limiter: 5 }, 'limiter must be a Bottleneck or a Bottleneck.Group'],
    [{ hold: 'both' }, 'rateLimit() was given options'],
  ])('a fault says what was expected, and of what: %o', (options, message) => {
    expect(() => rateLimit(options as never)).toThrow(message);
  });

  test.each<RateLimitOptions>([
    { aging: false },
    { aging: 5 },
    { queue: { timeout: false, limit: Infinity } },
    { followServer: false },
    { followServer: true },
    { hold: 'headers' },
    { hold: 'body' },
  ])('%o is taken', (options) => {
    expect(() => rateLimit(options)).not.toThrow();
  });

  test.each([{ aging: true }, { queue: { timeout: true } }, { followServer: 5 }])(
    '%o means nothing, and is refused',
    (options) => {
      expect(() => rateLimit(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
    },
  );

  test('later options over earlier ones: limits and a limiter replace each other', () => {
    const limiter = new Bottleneck();
    const earlier = { maxConcurrent: 2, minTime: 5, rate: { limit: 1, interval: 1 }, priority: 3 };
    expect(refine(earlier, { limiter, weight: 2 })).toEqual({ limiter, priority: 3, weight: 2, queue: {} });
    expect(refine({ limiter, priority: 3 }, { maxConcurrent: 4 })).toEqual({
      maxConcurrent: 4,
      priority: 3,
      queue: {},
    });
    expect(refine({ limiter }, { priority: 3 })).toEqual({ limiter, priority: 3, queue: {} });
    expect(
      refine({ ...earlier, queue: { limit: 7 } }, {
        maxConcurrent: 3,
        priority: undefined,
        queue: { timeout: 5, limit: undefined },
      } as never),
    ).toEqual({ ...earlier, maxConcurrent: 3, queue: { limit: 7, timeout: 5 } });
  });

  test('what is undefined counts as not given', () => {
    expect(() => rateLimit({ maxConcurrent: undefined, queue: { limit: undefined } } as never)).not.toThrow();
  });
});
