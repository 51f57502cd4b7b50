import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import ky from 'ky';
import type { User, Users } from './users.ts';

export function users(baseUrl: string): Users {
  const api = ky
    .create({ baseUrl })
    .extend(retry({ limit: 3 }))
    .extend(timeout({ attempt: 3_000, total: 10_000 }));

  return {
    read: (id, signal) => api.get(`users/${id}`, { signal }).json<User>(),
    create: (user, signal) => api.post('users', { json: user, signal }).json<User>(),
  };
}
