import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mostWithin } from './client.ts';
import { RedisServer } from './redis-server.ts';
import { loggingServer } from './workers.ts';

test('the example of the site: three workers do 30 jobs at 10 a second, and end', async () => {
  await using redis = await RedisServer.start();
  await using server = await loggingServer(20);
  const program = fileURLToPath(new URL('example-worker.ts', import.meta.url));
  const env = { ...process.env, REDIS_URL: `redis://127.0.0.1:${redis.port}`, API_URL: server.url };
  const printed = await Promise.all(
    [1, 2, 3].map(() => text(spawn(process.execPath, [program], { env }).stdout)),
  );
  const lines = printed.join('').trim().split('\n');
  expect(lines).toHaveLength(30);
  for (const line of lines) expect(line).toMatch(/^worker \d+: job \d done after \d\.\d s$/);
  expect(server.times).toHaveLength(30);
  expect(mostWithin(server.times, 1_000)).toBe(10);
  expect(server.most).toBeLessThanOrEqual(5);
});
