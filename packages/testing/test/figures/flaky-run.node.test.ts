import { retry, type RetryOptions } from '@kyhooks/retry';
import { seeded, type VirtualClock, virtualClock } from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ceiling, flakyServer, type FlakyServer, truth } from './flaky-server.ts';
import { figure, markdownTable } from './table.ts';

// Thousands of calls; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const calls = { GET: 2_000, POST: 1_000 };
const waits = [50, 100, 200, 400, 400];
const base: Options = { baseUrl: 'https://api.test/', timeout: 1_000 };
const delay = (retryCount: number): number => waits[retryCount - 1]!;
const persistent: RetryOptions = {
  limit: 5,
  backoff: ({ retryCount }) => delay(retryCount),
  jitter: 'none',
  malformedBody: true,
  budget: false,
};

interface Contender {
  readonly name: string;
  /** Callers side by side: more of them make more calls a second. */
  readonly callers: number;
  readonly client: (server: FlakyServer) => KyInstance;
}

const kyFive = { limit: 5, delay, retryOnTimeout: true };
const ours: Contender = {
  name: '`retry({ limit: 5, backoff, malformedBody: true, budget: false })`',
  callers: 20,
  client: ({ fetch }) => ky.create({ ...base, fetch }).extend(retry(persistent)),
};
const contenders: readonly Contender[] = [
  { name: 'plain ky, 2 retries', callers: 20, client: ({ fetch }) => ky.create({ ...base, fetch }) },
  {
    name: 'plain ky, `retry: { limit: 5, delay, retryOnTimeout: true }`',
    callers: 20,
    client: ({ fetch }) => ky.create({ ...base, fetch, retry: kyFive }),
  },
  {
    name: '`retry()`, one caller',
    callers: 1,
    client: ({ fetch }) => ky.create({ ...base, fetch }).extend(retry()),
  },
  {
    name: '`retry()`, the budget used up',
    callers: 20,
    client: ({ fetch }) => ky.create({ ...base, fetch }).extend(retry()),
  },
  {
    name: '`retry({ budget: false })`',
    callers: 20,
    client: ({ fetch }) => ky.create({ ...base, fetch }).extend(retry({ budget: false })),
  },
  ours,
];

interface Result {
  succeeded: number;
  wrong: number;
  requests: number;
  duplicates: number;
  callsPerSecond: number;
}

let clock: VirtualClock;
beforeEach(() => {
  clock = virtualClock();
  vi.spyOn(Math, 'random').mockImplementation(seeded(1));
});
afterEach(() => {
  clock.uninstall();
  vi.restoreAllMocks();
});

/** As many calls as asked for, by some callers side by side. */
async function run({ client, callers }: Contender, method: 'GET' | 'POST'): Promise<Result> {
  const result: Result = { succeeded: 0, wrong: 0, requests: 0, duplicates: 0, callsPerSecond: 0 };
  const server = flakyServer(2_026);
  const api = client(server);
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < calls[method]) {
      const name = String(next++);
      try {
        const given = await api(name, { method, ...(method === 'POST' && { json: {} }) }).json();
        result.succeeded++;
        if (JSON.stringify(given) !== JSON.stringify(truth(name))) result.wrong++;
      } catch {
        // Counted by not being counted.
      }
    }
  };
  await clock.finish(Promise.all(Array.from({ length: callers }, caller)));
  result.requests = server.requests;
  result.duplicates = [...server.done.values()].filter((times) => times > 1).length;
  result.callsPerSecond = (calls[method] / clock.elapsedMs) * 1_000;
  return result;
}

const results = new Map<string, Result>();

test.each(contenders)('reads through a flaky server: $name', async (contender) => {
  const result = await run(contender, 'GET');
  results.set(contender.name, result);
  expect(result.wrong).toBe(0);
  expect(result.succeeded / calls.GET).toBeGreaterThan(0.5);
});

test('with five retries every read succeeds that can', () => {
  const share = results.get(ours.name)!.succeeded / calls.GET;
  expect(share).toBeGreaterThanOrEqual(0.97);
  expect(share).toBeCloseTo(ceiling(6), 2);
});

test('without retrying unsafe requests nothing is written twice', async () => {
  const { duplicates, succeeded } = await run(ours, 'POST');
  expect(duplicates).toBe(0);
  expect(succeeded).toBeGreaterThan(0);
});

test('where POST is named, without a server that knows copies, some are: the books would show it', async () => {
  const unsafe = (server: FlakyServer): KyInstance =>
    ours.client(server).extend(retry({ methods: ['POST'] }));
  expect((await run({ ...ours, client: unsafe }, 'POST')).duplicates).toBeGreaterThan(0);
});

test('the table of the site', async () => {
  const percent = (count: number): string => `${((100 * count) / calls.GET).toFixed(1)} %`;
  const rows = [...results].map(([name, { succeeded, wrong, requests, callsPerSecond }]) => [
    name,
    percent(succeeded),
    wrong,
    (requests / calls.GET).toFixed(2),
    callsPerSecond.toFixed(0),
  ]);
  const head = ['client', 'reads that succeed', 'wrong answers', 'requests per call', 'calls per second'];
  const table =
    markdownTable(head, rows) +
    `\nWithin 3 requests ${(100 * ceiling(3)).toFixed(1)} % can succeed, within 4 ${(100 * ceiling(4)).toFixed(1)} %, within 6 ${(100 * ceiling(6)).toFixed(1)} %.\n`;
  await expect(table).toMatchFileSnapshot(figure('.figures/flaky-run.md'));
});
