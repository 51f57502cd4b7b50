import { createClient } from '@redis/client';
import { isOptionsError } from '@kyhooks/core';
import { rateLimit } from '@kyhooks/rate-limit/redis';
import Bottleneck from 'bottleneck';
import { Cluster, Redis } from 'ioredis';
import { expect, test } from 'vitest';

const connection = new Redis({ lazyConnect: true });
const cluster = new Cluster([], { lazyConnect: true });
const wrong: readonly (readonly [why: string, options: object])[] = [
  ['connection is a client of node-redis', { connection: createClient(), maxConcurrent: 1 }],
  ['connection is a Cluster', { connection: cluster, maxConcurrent: 1 }],
  ['connection must be a client of ioredis 5 or 6', { connection: {}, maxConcurrent: 1 }],
  ['connection needs maxConcurrent, rate or minTime', { connection }],
  ['connection excludes limiter', { connection, limiter: new Bottleneck() }],
  [
    'whenUnavailable must be one of "reject", "open", "local"',
    { connection, maxConcurrent: 1, whenUnavailable: 'wait' },
  ],
  [
    "processes must be given with whenUnavailable: 'local'",
    { connection, maxConcurrent: 1, whenUnavailable: 'local' },
  ],
  ['processes must be at most the smallest limit (3)', { connection, maxConcurrent: 3, processes: 4 }],
  ['processes must be a whole number from 1 up', { connection, maxConcurrent: 3, processes: 0 }],
];

test.each(wrong)('%s', (why, options) => {
  let error: unknown;
  try {
    rateLimit(options);
  } catch (thrown) {
    error = thrown;
  }
  expect(isOptionsError(error)).toBe(true);
  expect((error as Error).message).toContain(why);
});

test('nothing is connected before the first call', async () => {
  const limits = rateLimit({ connection, maxConcurrent: 1 });
  expect(connection.status).toBe('wait');
  await limits.close();
  expect(connection.status).toBe('wait');
});
