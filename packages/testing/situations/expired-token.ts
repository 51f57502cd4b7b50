import { wait } from '@kyhooks/core';
import { auth } from '@kyhooks/auth';
import ky, { type KyInstance, type Options } from 'ky';
import type { Situation } from './situation.ts';
import type { Fetch } from './wire-view.ts';

type Refresh = () => Promise<string>;

/** As ky's README shows it. */
const plain = (options: Options, token: string, refresh: Refresh): KyInstance =>
  ky.create({
    ...options,
    headers: { authorization: `Bearer ${token}` },
    hooks: {
      afterResponse: [
        async ({ request, response, retryCount }) => {
          if (response.status !== 401 || retryCount > 0) return undefined;
          const headers = new Headers(request.headers);
          headers.set('authorization', `Bearer ${await refresh()}`);
          return ky.retry({ request: new Request(request, { headers }), code: 'TOKEN_REFRESHED' });
        },
      ],
    },
  });

const resilient = (options: Options, token: string, refresh: Refresh): KyInstance =>
  // #region client
  ky.create(options).extend(auth({ token: () => token, refresh })); // one refresh for all who wait
// #endregion client

/** Five calls meet a token that has ended. A refresh token is good once, as RFC 9700 asks of servers. */
export const expiredToken: Situation = {
  name: 'expired-token',
  on: 'virtual clock',
  async play(stage) {
    let refreshes = 0;
    const server: Fetch = async (input) => {
      const good = (input as Request).headers.get('authorization') === 'Bearer new';
      await wait(60);
      return good ? Response.json({ id: 1 }) : new Response(null, { status: 401 });
    };
    const tokens = stage.counted(async () => {
      const good = ++refreshes === 1;
      await wait(120);
      return good
        ? Response.json({ token: 'new' })
        : Response.json({ error: 'invalid_grant' }, { status: 400 });
    });
    const options: Options = { baseUrl: 'https://api.example.com/' };
    const refresh: Refresh = async () => {
      const { token } = await ky
        .post('https://auth.example.com/token', { fetch: tokens })
        .json<{ token: string }>();
      return token;
    };
    const api = (stage.toolkit ? resilient : plain)(options, 'old', refresh);
    const calls = ['profile', 'orders', 'basket', 'news', 'offers'].map((name) =>
      stage.call(name, server, (more) => api.get(`v1/${name}`, more).json()),
    );
    await Promise.all(calls);
  },
};
