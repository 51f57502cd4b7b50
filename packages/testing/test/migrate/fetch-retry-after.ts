import { compose } from '@kyhooks/core';
import { toFetch } from '@kyhooks/fetch';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import type { User, Users } from './users.ts';

export function users(baseUrl: string): Users {
  const bounds = timeout({ attempt: 3_000, total: 10_000, body: { idle: 3_000 } });
  const fetch = toFetch(compose(retry({ limit: 3 }), bounds));
  const call = async (path: string, init: RequestInit): Promise<User> => {
    const response = await fetch(new URL(path, baseUrl), init);
    if (!response.ok) throw new Error(`Status ${response.status}`, { cause: response });
    return (await response.json()) as User;
  };

  return {
    read: (id, signal) => call(`users/${id}`, { signal }),
    create: (user, signal) => call('users', { method: 'POST', body: JSON.stringify(user), signal }),
  };
}
