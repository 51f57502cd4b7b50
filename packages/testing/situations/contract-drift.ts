import { wait } from '@kyhooks/core';
import { schema } from '@kyhooks/schema';
import ky, { type KyInstance, type Options } from 'ky';
import * as v from 'valibot';
import type { Situation } from './situation.ts';
import type { Fetch } from './wire-view.ts';

const resilient = (options: Options): KyInstance => {
  // #region client
  const Invoice = v.object({ id: v.number(), amount: v.number() });
  const api = ky.create(options).extend(schema({ 'GET /v1/invoices/:id': Invoice }));
  // #endregion client
  return api;
};

/** An API that, from its third answer on, gives amounts as text: `7` has become `"7.00"`. */
export const contractDrift: Situation = {
  name: 'contract-drift',
  on: 'virtual clock',
  async play(stage) {
    let received = 0;
    const server: Fetch = async () => {
      const id = ++received;
      await wait(60);
      return Response.json({ id, amount: id < 3 ? 7 : '7.00' });
    };
    const options: Options = { baseUrl: 'https://api.example.com/' };
    const api = stage.toolkit ? resilient(options) : ky.create(options);
    for (const id of [1, 2, 3, 4]) {
      await stage.call(
        `invoice ${id}`,
        server,
        async (more) => {
          const { amount } = await api.get(`v1/invoices/${id}`, more).json<{ amount: number }>();
          return amount + amount * 0.19;
        },
        (total) => total === 7 + 7 * 0.19,
      );
    }
  },
};
