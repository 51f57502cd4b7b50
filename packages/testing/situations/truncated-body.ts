import { retry } from '@kyhooks/retry';
import ky, { type KyInstance, type Options } from 'ky';
import { realServer } from '../test/real-server.ts';
import type { Situation } from './situation.ts';

const resilient = (options: Options): KyInstance =>
  // #region client
  ky.create(options).extend(retry({ malformedBody: true })); // a body that breaks off or is no JSON is a failure
// #endregion client

/** Of three answers with status 200 one breaks off in its body, and one is the page of a proxy. Only the first time. */
export const truncatedBody: Situation = {
  name: 'truncated-body',
  on: 'sockets',
  async play(stage) {
    const seen = new Set<string>();
    await using server = await realServer((response, { url = '' }) => {
      const again = seen.has(url);
      seen.add(url);
      setTimeout(() => {
        if (url === '/v1/users/2' && !again) {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
          response.write('{"id":2,"na', () => void setTimeout(() => response.destroy(), 40));
        } else if (url === '/v1/users/3' && !again) {
          response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Back in a minute</h1>');
        } else {
          response.writeHead(200, { 'content-type': 'application/json' }).end('{"name":"Ada"}');
        }
      }, 60);
    });
    const options: Options = { baseUrl: server.url };
    const api = stage.toolkit ? resilient(options) : ky.create(options);
    stage.begin();
    const users = [1, 2, 3].map((user) =>
      stage.call(`user ${user}`, fetch, (more) => api.get(`v1/users/${user}`, more).json()),
    );
    await Promise.all(users);
  },
};
