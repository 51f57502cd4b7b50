import { expect, test } from 'vitest';
import { parseRateLimit, parseRateLimitPolicy } from '../src/rate-limit-fields.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const left = { field: 'ratelimit', unit: 'requests' };
const rule = { field: 'ratelimit-policy', unit: 'requests' };

test.each<[value: string, expected: unknown]>([
  ['"default";r=50;t=30', [{ ...left, policy: 'default', remaining: 50, resetMs: 30_000 }]],
  [
    '"a";r=1;t=2, "b";r=3',
    [
      { ...left, policy: 'a', remaining: 1, resetMs: 2_000 },
      { ...left, policy: 'b', remaining: 3 },
    ],
  ],
  [
    '"default";r=999;pk=:dHJpYWwxMjEzMjM=:',
    [{ ...left, policy: 'default', remaining: 999, partition: bytes('trial121323') }],
  ],
  ['"d";r=5;r=7;t=3', [{ ...left, policy: 'd', remaining: 7, resetMs: 3_000 }]],
  ['"d";r=0;t=5;acme-x=?1', [{ ...left, policy: 'd', remaining: 0, resetMs: 5_000 }]],
  ['limit=100, remaining=50, reset=5', [{ ...left, limit: 100, remaining: 50, resetMs: 5_000 }]],
  ['remaining=50', [{ ...left, remaining: 50 }]],
  ['default;r=50;t=30', undefined],
  ['"d";r=1.5;t=3', undefined],
  ['"d";r=-1', undefined],
  ['"d";r', undefined],
  ['"d";t=3', undefined],
  ['"d";r=5;t=3,', undefined],
  ['"d";r=5;t=?1', undefined],
  ['"d";r=5;pk="a"', undefined],
  ['"d";r=5, e;r=5', undefined],
  ['limit=100, reset=5', undefined],
  ['limit=100, remaining=x', undefined],
  ['', undefined],
])('RateLimit: %s', (value, expected) => {
  expect(parseRateLimit(value)).toEqual(expected);
});

test.each<[value: string, expected: unknown]>([
  [
    '"burst";q=100;w=60,"daily";q=1000;w=86400',
    [
      { ...rule, policy: 'burst', limit: 100, windowMs: 60_000 },
      { ...rule, policy: 'daily', limit: 1_000, windowMs: 86_400_000 },
    ],
  ],
  ['"p";q=10', [{ ...rule, policy: 'p', limit: 10 }]],
  ['"p";q=10;qu="request"', [{ ...rule, policy: 'p', limit: 10 }]],
  [
    '"u";q=65535;qu="content-bytes";w=10;pk=:sdfjLJUOUH==:',
    [
      {
        ...rule,
        policy: 'u',
        limit: 65_535,
        unit: 'content-bytes',
        windowMs: 10_000,
        partition: Uint8Array.of(0xb1, 0xd7, 0xe3, 0x2c, 0x95, 0x0e, 0x50),
      },
    ],
  ],
  [
    '10;w=1, 50;w=60',
    [
      { ...rule, limit: 10, windowMs: 1_000 },
      { ...rule, limit: 50, windowMs: 60_000 },
    ],
  ],
  ['"p";q=10;w=0', undefined],
  ['"p";w=10', undefined],
  ['"p";q=10;qu=requests', undefined],
  ['"p";q=10;pk=1', undefined],
  ['p;q=10', undefined],
  ['"p";q=10,', undefined],
])('RateLimit-Policy: %s', (value, expected) => {
  expect(parseRateLimitPolicy(value)).toEqual(expected);
});
