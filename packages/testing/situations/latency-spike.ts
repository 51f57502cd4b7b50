import { wait } from '@kyhooks/core';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import ky, { type KyInstance, type Options } from 'ky';
import type { Situation } from './situation.ts';
import type { Fetch } from './wire-view.ts';

const resilient = (options: Options): KyInstance =>
  // #region client
  ky
    .create(options)
    .extend(timeout({ attempt: 500, total: 5_000 })) // ten times the usual; a retry gets a new clock
    .extend(retry());
// #endregion client

/** An API that answers in 50 ms, but for now and then a request that it begins to answer after 6 s. */
export const latencySpike: Situation = {
  name: 'latency-spike',
  on: 'virtual clock',
  async play(stage) {
    let received = 0;
    const server: Fetch = async (input) => {
      await wait([2, 5].includes(++received) ? 6_000 : 50, (input as Request).signal);
      return Response.json({ id: 1 });
    };
    const options: Options = { baseUrl: 'https://api.example.com/' };
    const api = stage.toolkit ? resilient(options) : ky.create(options);
    const callers = Array.from({ length: 6 }, (_, user) =>
      stage.call(`user ${user + 1}`, server, (more) => api.get(`v1/users/${user}`, more).json()),
    );
    await Promise.all(callers);
  },
};
