import { describe, test } from 'vitest';
import { figure, markdownTable } from '../figures/table.ts';
import { realServer } from '../real-server.ts';
import { users as withLayers } from './after.ts';
import { users as axios } from './axios.ts';
import { users as bottleneckAfter } from './bottleneck-after.ts';
import { users as bottleneck } from './bottleneck.ts';
import { faults, githubFaults, meet, stall, user } from './faults.ts';
import { users as fetchRetryAfter } from './fetch-retry-after.ts';
import { users as fetchRetry } from './fetch-retry.ts';
import { users as ky } from './ky.ts';
import { users as octokitAfter } from './octokit-after.ts';
import { users as octokit } from './octokit.ts';
import { users as pRetry } from './p-retry.ts';
import type { Users } from './users.ts';

type MakeUsers = (baseUrl: string) => Users;

describe.concurrent('before and after, against the same faults', () => {
  test.for<[string, Readonly<Record<string, MakeUsers>>]>([
    ['axios', { 'axios and axios-retry': axios, 'ky and layers': withLayers }],
    ['fetch-retry', { 'fetch-retry': fetchRetry, '`toFetch()`': fetchRetryAfter }],
    ['p-retry', { 'p-retry': pRetry, 'ky and layers': withLayers }],
    ['octokit', { 'Octokit and plugins': octokit, 'Octokit and `toFetch()`': octokitAfter }],
    ['bottleneck', { 'ky in Bottleneck': bottleneck, 'ky and layers': bottleneckAfter }],
    ['ky', { 'ky alone': ky, 'ky and layers': withLayers }],
  ])('%s', { timeout: 30_000 }, async ([name, clients], { expect }) => {
    const met = name === 'octokit' ? [...faults, ...githubFaults] : faults;
    const [before = [], after = []] = await Promise.all(
      Object.values(clients).map((users) => Promise.all(met.map((fault) => meet(users, fault)))),
    );
    const rows = met.map(({ what }, row) => [what, before[row]!, after[row]!]);
    const table = markdownTable(['The server …', ...Object.keys(clients)], rows);
    await expect(table).toMatchFileSnapshot(figure(`.figures/migrate-${name}.md`));
  });
});

const never = new AbortController().signal;

describe.concurrent("Bottleneck's queue, and ours", () => {
  /** Requests in the fullest second, of thirty that come when the limiter has stood idle for a while. */
  async function fullestSecond(users: MakeUsers): Promise<number> {
    const atMs: number[] = [];
    await using server = await realServer((response) => {
      atMs.push(performance.now());
      user(response);
    });
    const client = users(server.url);
    await client.read(1, never);
    await new Promise((resolve) => void setTimeout(resolve, 900));
    await Promise.all(Array.from({ length: 30 }, () => client.read(1, never)));
    return Math.max(...atMs.map((from) => atMs.filter((at) => at >= from && at < from + 1_000).length));
  }

  test('ten a second', async ({ expect }) => {
    const [before, after] = await Promise.all([fullestSecond(bottleneck), fullestSecond(bottleneckAfter)]);
    expect(before).toBeGreaterThan(10);
    expect(after).toBeLessThanOrEqual(10);
  });

  /** What comes, within half a second, of a caller who aborts in line behind five that have no answer. */
  async function abortInLine(users: MakeUsers): Promise<unknown> {
    await using server = await realServer((response) => stall(response));
    const client = users(server.url);
    const [others, own] = [new AbortController(), new AbortController()];
    const read = (signal: AbortSignal): Promise<unknown> =>
      client.read(1, signal).catch((error: unknown) => error);
    const ahead = Array.from({ length: 5 }, () => read(others.signal));
    const behind = read(own.signal);
    own.abort('mine');
    const late = new Promise((resolve) => void setTimeout(resolve, 500, 'still in line'));
    const outcome = await Promise.race([behind, late]);
    others.abort();
    await Promise.all(ahead);
    return outcome;
  }

  test('an abort in line', async ({ expect }) => {
    expect(await abortInLine(bottleneck)).toBe('still in line');
    expect(await abortInLine(bottleneckAfter)).toBe('mine');
  });
});

test.for([
  ['the plugin', octokit],
  ['the layers', octokitAfter],
] as const)('writes to GitHub are a second apart, reads are not: %s', async ([, users], { expect }) => {
  const atMs: Record<string, number[]> = { GET: [], POST: [] };
  await using server = await realServer((response, request) => {
    atMs[request.method!]!.push(performance.now());
    request.resume();
    user(response);
  });
  const client = users(server.url.slice(0, -1));
  const three = [1, 2, 3];
  await Promise.all([
    ...three.map((id) => client.read(id, never)),
    ...three.map((id) => client.create({ name: String(id) }, never)),
  ]);
  const gaps = (times: readonly number[]): number[] => times.slice(1).map((at, index) => at - times[index]!);
  // A timer of Node's may fire a little early, and the first request has to connect.
  expect(Math.min(...gaps(atMs['POST']!))).toBeGreaterThan(900);
  expect(Math.max(...gaps(atMs['GET']!))).toBeLessThan(900);
});

test('a write that GitHub has refused is repeated by the caller, and held back until the pause is over', async ({
  expect,
}) => {
  const atMs: number[] = [];
  await using server = await realServer((response, request, number) => {
    atMs.push(performance.now());
    request.resume();
    if (number > 1) user(response);
    else response.writeHead(429, { 'retry-after': '1' }).end('{}');
  });
  const client = octokitAfter(server.url.slice(0, -1));
  await expect(client.create({ name: 'Ada' }, never)).rejects.toMatchObject({ status: 429 });
  expect(await client.create({ name: 'Ada' }, never)).toMatchObject({ name: 'Ada' });
  expect(atMs).toHaveLength(2);
  expect(atMs[1]! - atMs[0]!).toBeGreaterThan(990);
});
