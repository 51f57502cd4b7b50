import { wait } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { memory } from '@kyhooks/idempotency/memory';
import { retry } from '@kyhooks/retry';
import ky, { type KyInstance, type Options } from 'ky';
import { shop } from './shop.ts';
import type { Situation } from './situation.ts';

const resilient = (options: Options): KyInstance =>
  // #region client
  ky
    .create(options)
    .extend(idempotency({ store: memory(), operation: 'order:cart-77' })) // one intent, one key
    .extend(retry());
// #endregion client

/** A user clicks “Order” again, 150 ms later, because nothing has happened yet. */
export const doubleClick: Situation = {
  name: 'double-click',
  on: 'sockets',
  byAttempt: true,
  effect: { name: 'orders placed', wanted: 1 },
  async play(stage) {
    await using server = await shop(400);
    const options: Options = { baseUrl: server.url };
    const api = stage.toolkit ? resilient(options) : ky.create(options);
    const click = (name: string): Promise<unknown> =>
      stage.call(
        name,
        fetch,
        (more) => api.post('v1/orders', { json: { cart: 77 }, ...more }).json<{ order: number }>(),
        ({ order }) => order === 1,
      );
    const first = click('first click');
    await wait(150);
    await Promise.all([first, click('second click')]);
    stage.effects = server.orders;
  },
};
