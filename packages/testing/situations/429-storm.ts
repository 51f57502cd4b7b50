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
    .extend(rateLimit({ maxConcurrent: 4 })) // a 429 stops all callers
    .extend(retry());
// #endregion client

/** Twelve callers of an API that takes 3 requests in a second and answers the others 429, `Retry-After: 1`. */
export const storm: Situation = {
  name: '429-storm',
  on: 'virtual clock',
  async play(stage) {
    const taken: number[] = [];
    const server: Fetch = async () => {
      const now = stage.ms;
      const free = taken.filter((ms) => ms > now - quota.perMs).length < quota.requests;
      if (free) taken.push(now);
      await wait(50);
      return free
        ? Response.json({ id: 1 })
        : new Response(null, { status: 429, headers: { 'retry-after': '1' } });
    };
    const options: Options = { baseUrl: 'https://api.example.com/' };
    const api = stage.toolkit ? resilient(options) : ky.create(options);
    const callers = Array.from({ length: 12 }, (_, caller) =>
      stage.call(`caller ${caller + 1}`, server, (more) => api.get('v1/prices', more).json()),
    );
    await Promise.all(callers);
  },
};
