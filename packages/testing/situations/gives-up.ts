import { wait } from '@kyhooks/core';
import { rateLimit } from '@kyhooks/rate-limit';
import { retry } from '@kyhooks/retry';
import ky, { type KyInstance, type Options } from 'ky';
import type { Situation } from './situation.ts';
import type { Fetch } from './wire-view.ts';

const quota = { requests: 3, perMs: 1_000 };

const resilient = (options: Options): KyInstance =>
  // #region client
  ky
    .create(options)
    .extend(rateLimit({ rate: { limit: 3, interval: 1_000 } })) // who gives up in line spends nothing
    .extend(retry());
// #endregion client

/** Search as you type, a key each 120 ms: each search gives the one before it up. The API takes 3 requests a second. */
export const givesUp: Situation = {
  name: 'gives-up',
  on: 'virtual clock',
  async play(stage) {
    const taken: number[] = [];
    const server: Fetch = async (input) => {
      const now = stage.ms;
      const free = taken.filter((ms) => ms > now - quota.perMs).length < quota.requests;
      if (free) taken.push(now);
      await wait(free ? 200 : 20, (input as Request).signal);
      return free ? Response.json([]) : new Response(null, { status: 429, headers: { 'retry-after': '1' } });
    };
    const options: Options = { baseUrl: 'https://api.example.com/' };
    const api = stage.toolkit ? resilient(options) : ky.create(options);
    const searches: Promise<unknown>[] = [];
    let last = new AbortController();
    for (const text of ['k', 'ky', 'kyh', 'kyho', 'kyhoo', 'kyhook', 'kyhooks']) {
      last.abort();
      last = new AbortController();
      const { signal } = last;
      const search = (more: Options): Promise<unknown> =>
        api.get('v1/search', { ...more, searchParams: { q: text } }).json();
      searches.push(stage.call(text, server, search, undefined, signal));
      await wait(120);
    }
    await Promise.all(searches);
  },
};
