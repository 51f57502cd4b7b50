import { outcome } from '@kyhooks/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { rateLimit as localRateLimit } from '@kyhooks/rate-limit';
import { rateLimit } from '@kyhooks/rate-limit/redis';
import { Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import ky from 'ky';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { backend, member, mostWithin, redisClient } from './client.ts';
import { RedisServer } from './redis-server.ts';

let server: RedisServer;
let other: Redis;
beforeAll(async () => {
  server = await RedisServer.start();
  other = redisClient(server.port);
});
afterAll(async () => {
  other.disconnect();
  await server.kill();
});

const all = (count: number, call: () => PromiseLike<unknown>): Promise<unknown[]> =>
  Promise.all(Array.from({ length: count }, () => outcome(call())));

describe.each([
  ['6', Redis],
  ['5', Redis5 as unknown as typeof Redis],
])('ioredis %s', (version, Client) => {
  test('two members share one concurrency and one window', async () => {
    const api = backend(20);
    const limit = { maxConcurrent: 2, rate: { limit: 6, interval: 500 }, id: `shared by ${version}`, Client };
    await using one = member(server.port, limit, api);
    await using two = member(server.port, limit, api);
    const results = await Promise.all([one, two].map((each) => all(8, () => each.api.get('a').text())));
    expect(results.flat()).toEqual(Array.from({ length: 16 }, () => 'fine'));
    expect(api.most).toBe(2);
    expect(mostWithin(api.times, 500)).toBe(6);
    expect(one.limits.stats().get('https://api.test')).toEqual({ running: 0, waiting: 0 });
  });

  test('closing ends what is ours, and leaves the client open', async () => {
    const connectionName = `closed-by-${version}`;
    const redis = new Client({ port: server.port, connectionName });
    const limits = rateLimit({ connection: redis, maxConcurrent: 1, id: connectionName });
    const api = ky.create({ baseUrl: 'https://api.test/', fetch: backend(5).fetch }).extend(limits);
    const connections = async (): Promise<number> =>
      String(await other.client('LIST')).split(`name=${connectionName} `).length - 1;
    await redis.ping();
    expect(await connections()).toBe(1);
    await api.get('a');
    expect(await connections()).toBe(3);
    await limits.close();
    expect(await redis.ping()).toBe('PONG');
    await expect.poll(connections).toBe(1);
    expect(await outcome(api.get('a'))).toMatchObject({ code: 'RATE_LIMIT_STOPPED' });
    redis.disconnect();
  });
});

describe('a lease', () => {
  test('serves one call after the other, so that most need no round trip; none is kept', async () => {
    const limit = { maxConcurrent: 2, id: 'lease' };
    await using one = member(server.port, limit, backend(0));
    await one.api.get('warm');
    await other.config('RESETSTAT');
    await all(2, async () => {
      for (let call = 0; call < 150; call++) await one.api.get('a').text();
    });
    const scripts = Number(/cmdstat_evalsha:calls=(\d+)/.exec(await other.info('commandstats'))![1]);
    // A job takes three: it is submitted, registered and freed. Most of the 300 calls have none of their own.
    expect(scripts).toBeLessThan((3 * 300) / 2);
    await expect.poll(() => other.hlen('b_{kyhooks:lease:https://api.test}:2/0_job_weights')).toBe(0);
  });

  test('dies young: another member gets its turn', async () => {
    const limit = { maxConcurrent: 1, id: 'turns' };
    const api = backend(2);
    await using one = member(server.port, limit, api);
    await using two = member(server.port, limit, api);
    let served = false;
    const busy = all(2, async () => {
      while (!served) await one.api.get('a').text();
    });
    await sleep(100);
    expect(await two.api.get('b', { totalTimeout: 10_000 }).text()).toBe('fine');
    served = true;
    await busy;
    expect(api.most).toBe(1);
  });
});

describe('a pause that one member hears of', () => {
  const limit = { maxConcurrent: 10, id: 'pause' };

  test('holds the others, and those that come later', async () => {
    const answers = { limited: new Response('', { status: 429, headers: { 'retry-after': '1' } }) };
    const first = backend(5, (path) => answers[path as 'limited'] ?? new Response('fine'));
    const rest = backend(5);
    await using one = member(server.port, limit, first);
    await using two = member(server.port, limit, rest);
    await all(1, () => two.api.get('warm'));
    await outcome(one.api.get('limited'));
    const heard = performance.now();
    await sleep(50);
    await using three = member(server.port, limit, rest);
    await Promise.all([one, two, three].map((each) => all(3, () => each.api.get('a').text())));
    const later = [...first.times.slice(1), ...rest.times.slice(1)].map((time) => time - heard);
    expect(later).toHaveLength(9);
    expect(Math.min(...later)).toBeGreaterThan(980);
    expect(two.limits.stats().get('https://api.test')).toEqual({ running: 0, waiting: 0 });
  });

  test('is not ended by a scout', async () => {
    const bound = { maxConcurrent: 10, id: 'scout' };
    const busy = { status: 429, headers: { 'retry-after-ms': '300' } };
    const spent = { headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' } };
    let tell: (() => void) | undefined;
    let take: (() => void) | undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const taken = new Promise<void>((resolve) => (take = resolve));
    const sent: string[] = [];
    const fetch = async (input: RequestInfo | URL): Promise<Response> => {
      const path = new URL((input as Request).url).pathname.slice(1);
      sent.push(path);
      if (path === 'spent') await told;
      if (path.startsWith('a')) await taken;
      return new Response('', path === 'busy' ? busy : path === 'spent' ? spent : {});
    };
    const again = { fetch, retry: { limit: 3, delay: () => 0 } };
    await using one = member(server.port, bound, again);
    await using two = member(server.port, bound, again);
    await one.api.get('warm');
    const calls = [all(1, () => two.api.get('spent'))];
    await expect.poll(() => sent).toContain('spent');
    calls.push(all(1, () => one.api.get('busy')));
    await expect.poll(() => sent).toContain('busy');
    calls.push(
      all(1, () => one.api.get('a0')),
      all(1, () => one.api.get('a1')),
    );
    // Refused again behind its pause, it has a scout sent; before that is answered, the other member tells of a pause.
    await expect.poll(() => sent).toContain('a1');
    tell?.();
    const pausedFor = (): number =>
      (one.limits.stats().get('https://api.test')?.pausedUntilMs ?? 0) - Date.now();
    await expect.poll(pausedFor).toBeGreaterThan(2_000);
    take?.();
    await sleep(300);
    expect(sent).not.toContain('a0');
    expect(pausedFor()).toBeGreaterThan(0);
    await one.limits.close();
    await Promise.all(calls);
  });

  test('for longer than Redis can tell does no harm to the limiter', async () => {
    const retryAfter = '9'.repeat(30);
    const api = backend(5, () => new Response('', { status: 429, headers: { 'retry-after': retryAfter } }));
    const bound = { maxConcurrent: 10, id: 'endless' };
    await using one = member(server.port, bound, api);
    await using two = member(server.port, bound, api);
    await all(1, () => two.api.get('a', localRateLimit({ followServer: false, id: 'endless' })));
    await all(1, () => one.api.get('a'));
    const elsewhere = { fetch: backend(0).fetch };
    expect(await all(1, () => one.api.get('https://other.test/', elsewhere).text())).toEqual(['fine']);
    await expect
      .poll(() => two.limits.stats().get('https://api.test')?.pausedUntilMs)
      .toBeGreaterThan(Date.now() + 86_400_000);
    expect(await all(1, () => one.api.get('b'))).toMatchObject([{ code: 'RATE_LIMIT_PAUSED' }]);
    await using three = member(server.port, bound, elsewhere);
    expect(await all(1, () => three.api.get('c'))).toMatchObject([{ code: 'RATE_LIMIT_PAUSED' }]);
  });
});

test('a key that is used again as soon as it was forgotten hears the others', async () => {
  const refused = { status: 429, headers: { 'retry-after': '30' } };
  const api = backend(0, (path) => new Response('', path === 'limited' ? refused : {}));
  const bound = {
    maxConcurrent: 1,
    id: 'forgotten',
    key: ({ request }: { request: Request }) => new URL(request.url).searchParams.get('key')!,
  };
  await using one = member(server.port, bound, api);
  await using two = member(server.port, bound, api);
  for (let key = 0; key < 1_000; key += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => one.api.get(`a?key=${key + index}`).text()));
  }
  // One more than are remembered: the first is forgotten, and comes again at once; then it is the turn of the second.
  const keys = Array.from({ length: 30 }, (_, index) => String(index));
  await Promise.all(['more', ...keys].map((key) => one.api.get(`a?key=${key}`).text()));
  await sleep(100);
  await Promise.all(keys.map((key) => outcome(two.api.get(`limited?key=${key}`))));
  await sleep(100);
  const stats = one.limits.stats();
  expect(keys.filter((key) => stats.get(key)?.pausedUntilMs === undefined)).toEqual([]);
});

test('a call gets the place of a process that was killed, though Redis was slow when it came', async () => {
  const limits = { maxConcurrent: 1, id: 'killed' };
  const name = 'b_{kyhooks:killed:https://api.test}:1/0';
  await using one = member(server.port, limits, backend(5));
  await one.api.get('warm');
  await sleep(50);
  // What a killed process leaves: a job that nobody ends. By its own clock that is over in 3 s.
  await other.hset(`${name}_settings`, 'running', 1);
  await other.hset(`${name}_job_weights`, 'dead', 1);
  await other.hset(`${name}_job_clients`, 'dead', 'killed');
  await other.hset(`${name}_client_num_queued`, 'killed', 0);
  for (const [key, value] of [
    ['running', 1],
    ['last_registered', Date.now()],
    ['last_seen', Date.now()],
  ] as const)
    await other.zadd(`${name}_client_${key}`, value, 'killed');
  await other.zadd(`${name}_job_expirations`, Date.now() + 3_000, 'dead');
  await sleep(150);
  // Redis takes its time while the call comes.
  void other.client('PAUSE', 400, 'ALL');
  const began = performance.now();
  expect(await all(1, () => one.api.get('a', { totalTimeout: 8_000 }).text())).toEqual(['fine']);
  expect(performance.now() - began).toBeGreaterThan(2_000);
}, 15_000);

test('minTime holds for all members together', async () => {
  const api = backend(0);
  const limit = { minTime: 50, id: 'spaced' };
  await using one = member(server.port, limit, api);
  await using two = member(server.port, limit, api);
  await Promise.all([one, two].map((each) => all(5, () => each.api.get('a'))));
  // From the permit to the request some milliseconds pass, not always as many.
  expect(mostWithin(api.times, 100)).toBeLessThanOrEqual(3);
  expect(api.times.at(-1)! - api.times[0]!).toBeGreaterThan(9 * 50 - 30);
});

test('a call that is aborted in line leaves nothing in Redis', async () => {
  await using one = member(server.port, { maxConcurrent: 1, id: 'aborted' }, backend(100));
  const first = one.api.get('a').text();
  const controller = new AbortController();
  const rest = all(20, () => one.api.get('b', { signal: controller.signal }).text());
  await sleep(50);
  controller.abort('mine');
  expect(new Set(await rest)).toEqual(new Set(['mine']));
  await first;
  expect(await one.api.get('c').text()).toBe('fine');
  await expect.poll(() => other.hlen('b_{kyhooks:aborted:https://api.test}:1/0_job_weights')).toBe(0);
});

test('the main entry refines the limiter of this one, and makes one over Redis with other limits', async () => {
  await using one = member(server.port, { maxConcurrent: 1, id: 'refined' }, backend(20));
  const urgent = one.api.get('a', localRateLimit({ id: 'refined', priority: 0 })).text();
  expect(await all(1, () => urgent)).toEqual(['fine']);
  const other2 = one.api.extend(localRateLimit({ id: 'refined', maxConcurrent: 2 }));
  expect(await other2.get('a').text()).toBe('fine');
  expect(await other.exists('b_{kyhooks:refined:https://api.test}:2/0_settings')).toBe(1);
});
