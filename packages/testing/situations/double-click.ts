import { wait } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { memory } from '@kyhooks/idempotency/memory';
import { retry } from '@kyhooks/retry';
import ky, { type KyInstance, type Options } from 'ky';
import { shop } from './shop.ts';
import type { Situation } from './situation.ts';

interface Ordering {
  readonly api: KyInstance;
  readonly order: Options;
}

const plain = (options: Options): Ordering => ({ api: ky.create(options), order: { json: { cart: 77 } } });

const resilient = (options: Options): Ordering => {
  // #region client
  const api = ky
    .create(options)
    .extend(idempotency({ store: memory() }))
    .extend(retry());

  // One intent, one key; for api.post('v1/orders', order)
  const order = { json: { cart: 77 }, ...idempotency({ operation: 'order:cart-77' }) };
  // #endregion client
  return { api, order };
};

/** A user clicks “Order” again, 150 ms later, because nothing has happened yet. */
export const doubleClick: Situation = {
  name: 'double-click',
  on: 'sockets',
  byAttempt: true,
  effect: { name: 'orders placed', wanted: 1 },
  async play(stage) {
    await using server = await shop(400);
    const options: Options = { baseUrl: server.url };
    const { api, order } = (stage.toolkit ? resilient : plain)(options);
    const click = (name: string): Promise<unknown> =>
      stage.call(
        name,
        fetch,
        (more) => api.post('v1/orders', { ...order, ...more }).json<{ order: number }>(),
        (answer) => answer.order === 1,
      );
    stage.begin();
    const first = click('first click');
    await wait(150);
    await Promise.all([first, click('second click')]);
    stage.effects = server.orders;
  },
};
