import { rateLimit } from '@kyhooks/rate-limit';
import { retry } from '@kyhooks/retry';
import {
  bucket,
  outcome,
  rounding,
  seeded,
  singly,
  type Throttle,
  virtualClock,
  window,
} from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { expect, test } from 'vitest';
import { figure, markdownTable } from './table.ts';

const calls = 200;
const callers = 20;

const servers: Readonly<Record<string, () => Throttle>> = {
  '10 in each second of the clock': () => window(10),
  '5 a second, up to 5 at once; says exactly when': () => bucket(5, 5, rounding.exact),
  '5 a second, up to 5 at once; says whole seconds': () => bucket(5, 5, rounding.wholeSeconds),
  'every tenth user, twice, for 1 s each': () => singly((path) => path.endsWith('7'), 2, 1_000),
};

const clients: Readonly<Record<string, (api: KyInstance) => KyInstance>> = {
  'plain ky': (api) => api,
  'retry()': (api) => api.extend(retry()),
  'retry(), rateLimit()': (api) => api.extend(retry()).extend(rateLimit()),
};

interface Run {
  readonly failed: number;
  readonly requests: number;
  readonly doneMs: number;
}

/** Callers side by side, on a virtual clock; each way takes 10 to 40 ms. */
async function run(
  origin: string,
  throttle: Throttle,
  client: (api: KyInstance) => KyInstance,
): Promise<Run> {
  using clock = virtualClock();
  const chance = Math.random;
  Math.random = seeded(3);
  try {
    let requests = 0;
    const way = async (): Promise<void> =>
      new Promise((resolve) => void setTimeout(resolve, 10 + Math.random() * 30));
    const fetch: NonNullable<Options['fetch']> = async (input) => {
      requests++;
      await way();
      const path = new URL((input as Request).url).pathname;
      const pauseMs = throttle({ path, atMs: clock.elapsedMs });
      await way();
      if (pauseMs === undefined) return new Response('fine');
      return new Response('', { status: 429, headers: { 'retry-after-ms': String(pauseMs) } });
    };
    const api = client(ky.create({ fetch, baseUrl: origin, totalTimeout: false }));
    const paths = Array.from({ length: calls }, (_, index) => `users/${index}`);
    let failed = 0;
    const work = async (): Promise<void> => {
      for (let path = paths.shift(); path; path = paths.shift())
        if ((await outcome(api.get(path).text())) !== 'fine') failed++;
    };
    await clock.finish(Promise.all(Array.from({ length: callers }, work)));
    return { failed, requests, doneMs: clock.elapsedMs };
  } finally {
    Math.random = chance;
  }
}

test('servers that throttle all callers or single ones: with a limiter nearly all calls come through', async () => {
  const rows: (string | number)[][] = [];
  for (const [server, throttle] of Object.entries(servers)) {
    for (const [name, client] of Object.entries(clients)) {
      // Each with an origin of its own: the budget of retries is one for an origin.
      const { failed, requests, doneMs } = await run(`https://api-${rows.length}.test/`, throttle(), client);
      rows.push([server, name, failed, requests, `${(doneMs / 1_000).toFixed(1)} s`]);
    }
  }
  const limited = rows.filter(([, name]) => name === 'retry(), rateLimit()');
  for (const [, , failed] of limited) expect(failed).toBeLessThanOrEqual(0.05 * calls);
  const head = ['the server takes, or refuses', 'client', 'calls that failed', 'requests', 'all done after'];
  await expect(markdownTable(head, rows)).toMatchFileSnapshot(figure('.figures/rate-limit-throttled.md'));
});
