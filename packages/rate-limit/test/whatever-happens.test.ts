import { traceOf } from '@kyhooks/core';
import { rateLimit, type RateLimitOptions } from '@kyhooks/rate-limit';
import { outcome, seeded, virtualClock } from '@kyhooks/testing';
import ky, { type Options } from 'ky';
import { expect, test } from 'vitest';

const limits: readonly RateLimitOptions[] = [
  {},
  { maxConcurrent: 3 },
  { maxConcurrent: 2, minTime: 20 },
  { rate: { limit: 3, interval: 300 } },
  { maxConcurrent: 3, rate: { limit: 4, interval: 200 } },
];

/** Heavy and light calls, aborted, out of time or patient, to a server that refuses, fails and tells of quotas, and a close. */
test.each(Array.from({ length: 50 }, (_, index) => index + 1))(
  'whatever happens, all calls end, and nothing stays behind (%i)',
  async (seed) => {
    using clock = virtualClock();
    const random = seeded(seed);
    const pick = <Value>(...values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;
    const isSingle = pick(true, false);
    let sent = 0;
    const fetch = async (input: RequestInfo | URL): Promise<Response> => {
      sent++;
      await new Promise((go) => void setTimeout(go, 5 + random() * 100));
      const chance = random();
      const isRefused = isSingle ? (input as Request).url.includes('busy') : clock.elapsedMs % 1_000 < 500;
      if (isRefused && chance < 0.6) {
        const headers = { 'retry-after-ms': String(pick(5, 100, 500, 2_000)) };
        return new Response('', { status: 429, headers });
      }
      if (chance > 0.97) throw new TypeError('fetch failed');
      if (chance > 0.94) return new Response('', { status: 503 });
      if (chance < 0.9) return new Response('{}');
      const left = { 'x-ratelimit-remaining': String(pick(0, 1, 3)), 'x-ratelimit-reset': '1' };
      return new Response('{}', { headers: left });
    };
    const fragment = rateLimit({
      ...pick(...limits),
      hold: pick('headers', 'body'),
      aging: pick<number | false>(false, 100),
      queue: { limit: pick(5, 1_000), timeout: pick<number | false>(false, 1_500) },
      weight: ({ request }) => (request.url.includes('heavy') ? 2 : 1),
      priority: ({ request }) => Number(request.url.at(-1)),
    });
    const retry = { limit: 3, delay: () => pick(0, 50), jitter: undefined };
    const api = ky.create({ fetch, baseUrl: 'https://api.test/', retry }).extend(fragment);

    const calls = Array.from({ length: 40 }, async (_, index) => {
      const options: Options = pick(
        {},
        { totalTimeout: 300 + random() * 3_000 },
        { signal: abortAfter(random() * 3_000) },
      );
      const path = `${pick('light', 'heavy', 'busy', 'busy-heavy')}-${index}`;
      await new Promise((go) => void setTimeout(go, random() * 1_000));
      const response = await outcome(api.get(path, options));
      if (response instanceof Response) await response.text();
      return response;
    });
    let most = Infinity;
    const close = async (drain: boolean): Promise<void> => {
      await new Promise((go) => void setTimeout(go, 100 + random() * 3_000));
      if (!drain) most = sent;
      await fragment.close({ drain });
    };
    const [results] = await clock.finish(Promise.all([Promise.all(calls), close(pick(true, false))]));
    await clock.advance(10_000);

    expect([clock.timers, fragment.stats().size]).toEqual([0, 0]);
    expect(sent).toBeLessThanOrEqual(most);
    // Nothing that came through says that it was refused.
    const good = results.filter((result) => result instanceof Response);
    const decisions = good.flatMap((response) => traceOf(response)?.decisions ?? []);
    expect(decisions.filter(({ verdict }) => verdict === 'refused')).toEqual([]);
  },
);

function abortAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort('mine'), ms);
  return controller.signal;
}
