import Bottleneck from 'bottleneck';
import ky, { isHTTPError } from 'ky';
import type { User, Users } from './users.ts';

export function users(baseUrl: string): Users {
  const api = ky.create({ baseUrl, retry: 0, timeout: 3_000 });
  const limiter = new Bottleneck({
    maxConcurrent: 5,
    reservoir: 10,
    reservoirRefreshAmount: 10,
    reservoirRefreshInterval: 1_000,
  });
  limiter.on('failed', (error: unknown, { retryCount }) =>
    retryCount < 3 && isHTTPError(error) && [429, 503].includes(error.response.status)
      ? 300 * 2 ** retryCount
      : undefined,
  );

  return {
    read: (id, signal) => limiter.schedule(() => api.get(`users/${id}`, { signal }).json<User>()),
    create: (user, signal) => limiter.schedule(() => api.post('users', { json: user, signal }).json<User>()),
  };
}
