import ky from 'ky';
import type { User, Users } from './users.ts';

export function users(baseUrl: string): Users {
  const api = ky.create({
    baseUrl,
    retry: { limit: 3, jitter: true },
    timeout: 3_000,
    totalTimeout: 10_000,
  });

  return {
    read: (id, signal) => api.get(`users/${id}`, { signal }).json<User>(),
    create: (user, signal) => api.post('users', { json: user, signal }).json<User>(),
  };
}
