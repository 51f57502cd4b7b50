import { wait } from '@kyhooks/core';
import { retry } from '@kyhooks/retry';
import { deadlineIn, timeout } from '@kyhooks/timeout';
import ky, { type KyInstance, type Options } from 'ky';
import type { Situation } from './situation.ts';
import type { Fetch } from './wire-view.ts';

const patienceMs = 3_000;

const resilient = (options: Options): KyInstance => {
  // #region client
  const api = ky.create(options).extend(retry());

  // For one request to the handler: all three calls, their waits and bodies.
  const workflow = api.extend(timeout({ deadline: deadlineIn(3_000) }));
  // #endregion client
  return workflow;
};

/** A slow day: a handler has to read a basket and a price, and charge a card. Who asked leaves after 3 s. */
export const deadline: Situation = {
  name: 'deadline',
  on: 'virtual clock',
  effect: { name: 'cards charged', wanted: 0 },
  async play(stage) {
    let prices = 0;
    let charges = 0;
    const server: Fetch = async (input) => {
      const { url, signal } = input as Request;
      await wait(1_000, signal);
      if (url.endsWith('/price') && ++prices === 1) return new Response(null, { status: 503 });
      if (url.endsWith('/charge')) charges++;
      return Response.json({ amount: 7 });
    };
    const options: Options = { baseUrl: 'https://api.example.com/' };
    const api = stage.toolkit ? resilient(options) : ky.create(options);
    // What comes too late is as wrong as it can be: the user was told that it failed.
    const inTime = (): boolean => stage.ms <= patienceMs;
    const step = (name: string, method: string): Promise<unknown> =>
      stage.call(name, server, (more) => api(`v1/${name}`, { method, ...more }).json(), inTime);
    for (const [name, method] of Object.entries({ basket: 'get', price: 'get', charge: 'post' }))
      if (!(await step(name, method))) break;
    stage.effects = charges;
    stage.mark('nobody waits any more', patienceMs, Math.max(stage.ms, patienceMs + 600));
  },
};
