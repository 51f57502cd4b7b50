import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { constant, exponential } from '../src/index.ts';
import { spread } from '../src/jitter.ts';

afterEach(() => void vi.restoreAllMocks());
const drawing = (value: number): void => void vi.spyOn(Math, 'random').mockReturnValue(value);

describe('exponential', () => {
  test('doubles from its base to its cap', () => {
    const backoff = exponential({ base: 100, cap: 20_000 });
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(backoff)).toEqual([
      100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000,
    ]);
  });

  test('lies between 0 and its cap for every number of retries', () => {
    const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(amount, amount, fc.integer({ min: 1, max: 5_000 }), (base, cap, retryCount) => {
        const wait = exponential({ base, cap })(retryCount);
        return wait >= 0 && wait <= cap;
      }),
    );
  });

  test.each([{ base: -1 }, { cap: Number.NaN }])('refuses %o', (options) => {
    expect(() => exponential(options)).toThrow(RangeError);
  });
});

test('constant waits the same, and refuses what is no wait', () => {
  expect([1, 2, 100].map(constant(50))).toEqual([50, 50, 50]);
  expect(() => constant(-1)).toThrow(RangeError);
});

describe('jitter', () => {
  test.each([
    ['full', 0, 0],
    ['full', 0.5, 500],
    ['equal', 0, 500],
    ['equal', 0.5, 750],
    ['none', 0.5, 1_000],
  ] as const)('%s, drawing %d', (jitter, draw, expected) => {
    drawing(draw);
    expect(spread(1_000, jitter)).toBe(expected);
  });

  test('stays within its bounds', () => {
    fc.assert(
      fc.property(fc.nat(), (wait) => {
        const [full, equal] = [spread(wait, 'full'), spread(wait, 'equal')];
        return full >= 0 && full <= wait && equal >= wait / 2 && equal <= wait;
      }),
    );
  });

  test('a function decides, unless what it returns is no wait', () => {
    expect(
      [(wait: number) => wait / 4, () => Number.NaN, () => -1, () => Infinity].map((jitter) =>
        spread(1_000, jitter),
      ),
    ).toEqual([250, 1_000, 1_000, 1_000]);
  });
});
