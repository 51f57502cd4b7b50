import { rateLimit, rateLimitDefaults } from '@kyhooks/rate-limit';
import { describe, expect, test } from 'vitest';

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
    ['one bad window of two', { rate: [{ limit: 1, interval: 1 }, { limit: 1 }] }],
    ['a weight that never fits', { weight: 5, maxConcurrent: 4 }],
    ['an empty id', { id: '' }],
  ])('%s is refused', (_, options) => {
    expect(() => rateLimit(options as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
  });

  test('what is undefined counts as not given', () => {
    expect(() => rateLimit({ maxConcurrent: undefined, queue: { limit: undefined } } as never)).not.toThrow();
  });
});
