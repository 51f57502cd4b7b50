import { idempotency } from '@kyhooks/idempotency';
import { retry } from '@kyhooks/retry';
import ky, { type KyInstance, type Options } from 'ky';
import { shop } from './shop.ts';
import type { Situation } from './situation.ts';

const resilient = (options: Options): KyInstance =>
  // #region client
  ky
    .create(options)
    .extend(idempotency()) // a key for each POST: the server knows a second copy
    .extend(retry()); // so it may be sent again
// #endregion client

/** An order is placed, and the connection is reset before the answer. A job queue runs a job that failed once more. */
export const lostAnswer: Situation = {
  name: 'lost-answer',
  on: 'sockets',
  byAttempt: true,
  effect: { name: 'orders placed', wanted: 1 },
  async play(stage) {
    await using server = await shop(150, true);
    const options: Options = { baseUrl: server.url };
    const api = stage.toolkit ? resilient(options) : ky.create(options);
    const job = (name: string): Promise<unknown> =>
      stage.call(
        name,
        fetch,
        (more) => api.post('v1/orders', { json: { cart: 77 }, ...more }).json<{ order: number }>(),
        ({ order }) => order === 1,
      );
    stage.begin();
    if (!(await job('job'))) await job('job, again');
    stage.effects = server.orders;
  },
};
