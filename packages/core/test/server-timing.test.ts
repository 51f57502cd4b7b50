import { expect, test } from 'vitest';
import { parseRetryAfter } from '../src/server-timing.ts';

const now = Date.UTC(2026, 0, 1);

test.each([
  ['120', 120_000],
  ['0', 0],
  ['00120', 120_000],
  ['-1', undefined],
  ['+5', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  ['Infinity', undefined],
  ['abc', undefined],
  ['', undefined],
  ['5, 10', undefined],
  ['99999999999999999999', 1e23],
  ['1767225660', 1_767_225_660_000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
  ['Thu Jan  1 00:01:00 2026', 60_000],
  ['Wed, 31 Dec 2025 23:59:60 GMT', 0],
  ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  ['Friday, 01-Jan-76 00:00:00 GMT', 1_577_836_800_000],
  ['Friday, 01-Jan-77 00:00:00 GMT', 0],
  ['Friday, 31-Dec-76 00:00:00 GMT', 0],
  ['2026-01-01T00:01:00Z', undefined],
  ['thu, 01 jan 2026 00:01:00 gmt', undefined],
  ['Thu, 01 Jan 2026 00:01:00 UTC', undefined],
  ['Thu, 1 Jan 2026 00:01:00 GMT', undefined],
  ['Mon, 30 Feb 2026 00:00:00 GMT', undefined],
  ['Thu, 01 Jan 2026 24:00:00 GMT', undefined],
  ['Thu, 01 Jab 2026 00:00:00 GMT', undefined],
  ['Thu, 01 anF 2026 00:00:00 GMT', undefined],
  ['Mon, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Sun Nov 16 08:49:37 2026', Date.UTC(2026, 10, 16, 8, 49, 37) - now],
])('Retry-After: %s', (value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected);
});

test('no field, no pause', () => {
  expect(parseRetryAfter(null, now)).toBeUndefined();
});
