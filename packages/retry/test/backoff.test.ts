import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Backoff, constant, exponential } from '../src/index.ts';
import { spreads } from '../src/jitter/jitter.ts';
import type { Spread } from '../src/jitter/spread.ts';

afterEach(() => void vi.restoreAllMocks());
const drawing = (value: number): void => void vi.spyOn(Math, 'random').mockReturnValue(value);
const almostOne = 1 - Number.EPSILON;

const at =
  (backoff: Backoff) =>
  (retryCount: number): number =>
    backoff({ retryCount } as never);

describe('exponential', () => {
  test('doubles from its base to its cap', () => {
    const backoff = exponential({ base: 100, cap: 20_000 });
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1_100].map(at(backoff))).toEqual([
      100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000, 20_000,
    ]);
  });

  test('lies between 0 and its cap for every number of retries', () => {
    const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(amount, amount, fc.integer({ min: 1, max: 5_000 }), (base, cap, retryCount) => {
        const wait = exponential({ base, cap })({ retryCount });
        return wait >= 0 && wait <= cap;
      }),
    );
  });

  test.each([{ base: -1 }, { cap: Number.NaN }])('refuses %o', (options) => {
    const { base = 300, cap = 20_000 } = options as { base?: number; cap?: number };
    expect(() => exponential(options)).toThrow(
      new RangeError(`exponential() takes base and cap from 0 up, got base ${base} and cap ${cap}`),
    );
  });
});

test('constant waits the same, and refuses what is no wait', () => {
  expect([1, 2, 100].map(at(constant(50)))).toEqual([50, 50, 50]);
  expect([1, 2].map(at(constant(0)))).toEqual([0, 0]);
  expect(() => constant(-1)).toThrow(new RangeError('constant() takes a delay from 0 up, got -1'));
});

/** Bounds of the k-th wait with base 100 and cap 20 000, k from 1: what is drawn lies within, and reaches both ends. */
const bounds: readonly (readonly [name: keyof typeof spreads, lowest: number[], highest: number[]])[] = [
  [
    'none',
    [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000],
    [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000],
  ],
  ['full', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000]],
  [
    'equal',
    [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000],
    [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000],
  ],
  [
    'decorrelated',
    [100, 100, 100, 100, 100, 100, 100, 100, 100, 100],
    [300, 900, 2_700, 8_100, 20_000, 20_000, 20_000, 20_000, 20_000, 20_000],
  ],
];

/** The first ten waits of a call. */
function waits(spread: Spread, { base, cap }: { base: number; cap: number }): number[] {
  const backoff = exponential({ base, cap });
  let previous = base;
  return Array.from({ length: 10 }, (_, index) => {
    const delay = backoff({ retryCount: index + 1 });
    return (previous = spread({ delay, base, cap, previous }));
  });
}

describe.each(bounds)('jitter: %s', (name, lowest, highest) => {
  test('reaches its lowest and its highest', () => {
    drawing(0);
    expect(waits(spreads[name], { base: 100, cap: 20_000 })).toEqual(lowest);
    drawing(almostOne);
    const reached = waits(spreads[name], { base: 100, cap: 20_000 });
    for (const [index, wait] of reached.entries()) expect(wait).toBeCloseTo(highest[index]!, 6);
  });

  test('stays within', () => {
    for (let run = 0; run < 200; run++) {
      for (const [index, wait] of waits(spreads[name], { base: 100, cap: 20_000 }).entries()) {
        expect(wait).toBeGreaterThanOrEqual(lowest[index]!);
        expect(wait).toBeLessThanOrEqual(highest[index]!);
      }
    }
  });

  test('is between 0 and the cap, whatever the bounds', () => {
    const amount = fc.nat(1e9);
    fc.assert(
      fc.property(amount, amount, fc.double({ min: 0, max: almostOne, noNaN: true }), (base, cap, draw) => {
        drawing(draw);
        return waits(spreads[name], { base, cap }).every((wait) => wait >= 0 && wait <= cap);
      }),
    );
  });
});
