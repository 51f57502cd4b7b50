import { describe, expect, test } from 'vitest';
import { parseHttpDate } from '../src/http-date.ts';
import { parseRetryAfter, readServerTiming, type ServerTiming } from '../src/server-timing.ts';

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
  ['Thu, 01 Jan 2026 00:60:00 GMT', undefined],
  ['Thu, 01 Jan 2026 00:00:61 GMT', undefined],
  ['Thu, 01 Jab 2026 00:00:00 GMT', undefined],
  ['Thu, 01 anF 2026 00:00:00 GMT', undefined],
  ['Mon, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Sun Nov 16 08:49:37 2026', Date.UTC(2026, 10, 16, 8, 49, 37) - now],
])('Retry-After: %s', (value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected);
});

test('two digits of a year that seem more than 50 years ahead are of the past', () => {
  expect(parseHttpDate('Friday, 01-Jan-76 00:00:00 GMT', now)).toBe(Date.UTC(2076, 0, 1));
  expect(parseHttpDate('Friday, 01-Jan-77 00:00:00 GMT', now)).toBe(Date.UTC(1977, 0, 1));
  expect(parseHttpDate('Friday, 30-Feb-77 00:00:00 GMT', now)).toBeUndefined();
});

test('no field, no pause', () => {
  expect(parseRetryAfter(null, now)).toBeUndefined();
});

/** The server's pause and where it comes from. */
const pauseOf = ({ pauseMs, source }: ServerTiming): unknown =>
  pauseMs === undefined ? undefined : [pauseMs, source];
const read = (status: number, headers: Record<string, string>, data?: unknown): ServerTiming =>
  readServerTiming({ status, headers: new Headers(headers) }, { now, data });

describe('the pause', () => {
  test.each<[status: number, headers: Record<string, string>, expected: unknown]>([
    [429, {}, undefined],
    [413, { 'retry-after': '3' }, [3_000, 'retry-after']],
    [503, { 'retry-after': '1.5' }, undefined],
    [503, { 'retry-after': 'garbage', ratelimit: '"a";r=0;t=9' }, [9_000, 'ratelimit']],
    [503, { 'retry-after-ms': '1500.5', 'retry-after': '2' }, [1_500.5, 'retry-after-ms']],
    [503, { 'retry-after-ms': '-1', 'retry-after': '2' }, [2_000, 'retry-after']],
    [503, { 'x-amz-retry-after': '1500' }, [1_500, 'x-amz-retry-after']],
    // Retry-After stands above all that is said of quotas.
    [429, { 'retry-after': '20', ratelimit: '"dynamic";r=15;t=40' }, [20_000, 'retry-after']],
    [429, { 'retry-after': '2', ratelimit: '"a";r=0;t=40' }, [2_000, 'retry-after']],
    [429, { ratelimit: '"a";r=15;t=40' }, undefined],
    [429, { ratelimit: '"a";r=0' }, undefined],
    [429, { ratelimit: '"a";r=0;t=4, "b";r=0;t=9, "c";r=1;t=60' }, [9_000, 'ratelimit']],
    [200, { ratelimit: '"d";r=0;t=5;acme-x=?1' }, [5_000, 'ratelimit']],
    [200, { ratelimit: '"d";r=1;t=5' }, undefined],
    [200, { 'retry-after': '5' }, undefined],
    [429, { ratelimit: '"d";r=0;t=5', age: '7' }, undefined],
    [429, { ratelimit: '"d";r=0;t=5', age: '0' }, [5_000, 'ratelimit']],
    [429, { ratelimit: 'limit=100, remaining=0, reset=5' }, [5_000, 'ratelimit']],
    [
      429,
      { 'ratelimit-limit': '100', 'ratelimit-remaining': '0', 'ratelimit-reset': '50' },
      [50_000, 'ratelimit-reset'],
    ],
    [429, { 'ratelimit-reset': '1767225660' }, [60_000, 'ratelimit-reset']],
    [200, { 'ratelimit-reset': '1767225660' }, undefined],
    [429, { 'ratelimit-remaining': '3', 'ratelimit-reset': '50' }, undefined],
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225660' }, [60_000, 'x-ratelimit-reset']],
    [403, { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '1767225660' }, undefined],
    [429, { 'x-rate-limit-reset': '1767226500' }, [900_000, 'x-rate-limit-reset']],
    [429, { 'x-ratelimit-retry-after': '30' }, [30_000, 'x-ratelimit-retry-after']],
    [429, { 'x-ratelimit-retry-after': '1767225660' }, [60_000, 'x-ratelimit-retry-after']],
    [429, { 'x-ratelimit-retry-after': 'soon', 'x-ratelimit-reset': '3' }, [3_000, 'x-ratelimit-reset']],
    [429, { 'x-ratelimit-reset': '1767225660000' }, [60_000, 'x-ratelimit-reset']],
    [429, { 'x-ratelimit-reset': '1700000000' }, [1_700_000_000_000, 'x-ratelimit-reset']],
    [429, { 'x-ratelimit-reset': '1767225540' }, [0, 'x-ratelimit-reset']],
    [429, { 'x-ratelimit-reset': '1767225660.25' }, [60_250, 'x-ratelimit-reset']],
    [429, { 'x-ratelimit-reset': '2026-01-01T00:01:00Z' }, [60_000, 'x-ratelimit-reset']],
    [429, { 'x-ratelimit-reset': '2026-01-01T01:01:00.5+01:00' }, [60_500, 'x-ratelimit-reset']],
    [429, { 'x-ratelimit-reset': 'Thu, 01 Jan 2026 00:01:00 GMT' }, [60_000, 'x-ratelimit-reset']],
    [429, { 'x-ratelimit-reset': '2026-13-01T00:01:00Z' }, undefined],
    [429, { 'x-ratelimit-reset': '1e3' }, undefined],
    [429, { 'x-ratelimit-reset': '2026-01-01T00:01:00.25Z' }, [60_250, 'x-ratelimit-reset']],
    [429, { 'x-ratelimit-reset': '2026-01-02' }, undefined],
    [429, { 'x-ratelimit-reset': '2026-01-01T00:01:00Z (UTC)' }, undefined],
    [429, { 'x-ratelimit-reset': '1704067200' }, [0, 'x-ratelimit-reset']],
    [400, { 'retry-after': '3' }, [3_000, 'retry-after']],
    [400, { 'x-ratelimit-reset': '3' }, [3_000, 'x-ratelimit-reset']],
    [429, { 'ratelimit-reset': '5', 'x-ratelimit-reset': '9' }, [5_000, 'ratelimit-reset']],
  ])('%d %o', (status, headers, expected) => {
    expect(pauseOf(read(status, headers))).toEqual(expected);
  });

  test.each<[headers: Record<string, string>, expected: number]>([
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'Thu, 01 Jan 2026 00:00:50 GMT' }, 10_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'Wed, 31 Dec 2025 23:59:00 GMT' }, 120_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'Thu, 01 Jan 2026 00:02:00 GMT' }, 0],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'today' }, 60_000],
    [
      { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT', age: '20' },
      40_000,
    ],
    [{ 'retry-after': '60', date: 'Thu, 01 Jan 2026 00:00:50 GMT' }, 60_000],
    [{ 'x-ratelimit-reset': '1767225660', date: 'Thu, 01 Jan 2026 00:00:50 GMT' }, 10_000],
  ])("dates go by the server's own clock: %o", (headers, expected) => {
    expect(read(503, headers).pauseMs).toBe(expected);
  });

  test("GitHub's secondary limit is known by its words, and takes a minute", () => {
    const headers = { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '1767229200' };
    const data = { message: 'You have exceeded a secondary rate limit. Please wait a few minutes.' };
    expect(pauseOf(read(403, headers, data))).toEqual([60_000, 'body']);
    expect(pauseOf(read(429, headers, data))).toEqual([60_000, 'body']);
    expect(pauseOf(read(403, { ...headers, 'retry-after': '90' }, data))).toEqual([90_000, 'retry-after']);
    expect(pauseOf(read(500, headers, data))).toBeUndefined();
    // What the server sends is not always what it should be: this one cannot even be made a text.
    const noText = { message: { toString: 1, valueOf: 1 } };
    const texts = { message: [data.message] };
    for (const other of [
      { message: 'Must have admin rights' },
      'text',
      null,
      undefined,
      { message: 5 },
      noText,
      texts,
    ])
      expect(pauseOf(read(403, headers, other))).toBeUndefined();
  });
});

test.each<[headers: Record<string, string>, expected: boolean | undefined]>([
  [{ 'x-should-retry': 'true' }, true],
  [{ 'x-should-retry': 'false' }, false],
  [{ 'stripe-should-retry': 'false' }, false],
  [{ 'x-should-retry': 'maybe' }, undefined],
  [{}, undefined],
])("the server's own word: %o", (headers, expected) => {
  expect(read(500, headers).shouldRetry).toBe(expected);
});

test.each<[headers: Record<string, string>, expected: unknown]>([
  [{}, []],
  [
    { ratelimit: '"default";r=50;t=30' },
    [{ field: 'ratelimit', unit: 'requests', policy: 'default', remaining: 50, resetMs: 30_000 }],
  ],
  [
    { ratelimit: '"a";r=5;t=3, "b";r=9', 'ratelimit-policy': '"b";q=10;w=1;qu="content-bytes", "c";q=5' },
    [
      { field: 'ratelimit', unit: 'requests', policy: 'a', remaining: 5, resetMs: 3_000 },
      { field: 'ratelimit', unit: 'content-bytes', policy: 'b', remaining: 9, limit: 10, windowMs: 1_000 },
    ],
  ],
  [
    { ratelimit: '"a";r=5;t=3', 'ratelimit-policy': '"a";q=10;w=0' },
    [{ field: 'ratelimit', unit: 'requests', policy: 'a', remaining: 5, resetMs: 3_000 }],
  ],
  [
    { 'ratelimit-limit': '100, 100;w=10', 'ratelimit-remaining': '7', 'ratelimit-reset': '4' },
    [
      {
        field: 'ratelimit-reset',
        unit: 'requests',
        limit: 100,
        remaining: 7,
        resetMs: 4_000,
        windowMs: 10_000,
      },
    ],
  ],
  [
    { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': '1767225660' },
    [{ field: 'x-ratelimit-reset', unit: 'requests', limit: 5_000, remaining: 4_999, resetMs: 60_000 }],
  ],
  [{ 'x-ratelimit-limit': '10' }, []],
  [
    { 'x-ratelimit-limit': 'ten', 'x-ratelimit-remaining': '1' },
    [{ field: 'x-ratelimit-reset', unit: 'requests', remaining: 1 }],
  ],
  [{ 'x-ratelimit-remaining': '1', age: '1' }, []],
])('what is left: %o', (headers, expected) => {
  expect(read(200, headers).quotas).toEqual(expected);
});
