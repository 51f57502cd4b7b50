import { wait } from '@kyhooks/core';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import ky, { type KyInstance, type Options } from 'ky';
import { realServer } from '../test/real-server.ts';
import type { Situation } from './situation.ts';

/** Given to plain ky too, as its `timeout`. */
const attempt = 1_000;
const watchedMs = 3_000;

const resilient = (options: Options): KyInstance =>
  // #region client
  ky
    .create(options)
    .extend(timeout({ attempt: 1_000, body: { idle: 1_000 } })) // a body that stands still for 1 s is given up
    .extend(retry({ malformedBody: true })); // JSON is read at once: what breaks in it is tried again
// #endregion client

/** Headers and half a body come, then nothing, on a connection that stays open. Only the first time for each path. */
export const hangingBody: Situation = {
  name: 'hanging-body',
  on: 'sockets',
  async play(stage) {
    const seen = new Set<string>();
    await using server = await realServer((response, { url = '' }) => {
      response.setHeader('content-type', url.endsWith('csv') ? 'text/csv' : 'application/json');
      response.write('{"rows":');
      if (seen.has(url)) response.end('[]}');
      seen.add(url);
    });
    const options: Options = { baseUrl: server.url };
    const api = stage.toolkit ? resilient(options) : ky.create({ ...options, timeout: attempt });
    const nobodyWaits = async (): Promise<never> => {
      await wait(watchedMs);
      const message = `neither an answer nor an error for ${watchedMs} ms; then we stopped watching`;
      throw Object.assign(new Error(message), { code: 'still open' });
    };
    stage.begin();
    await Promise.all([
      stage.call('report.json', fetch, (more) => api.get('report.json', more).json()),
      stage.call('export.csv', fetch, async (more) => {
        const response = await api.get('export.csv', more);
        return Promise.race([response.text(), nobodyWaits()]);
      }),
    ]);
  },
};
