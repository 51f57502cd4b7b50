import fetchRetry from 'fetch-retry';
import type { User, Users } from './users.ts';

export function users(baseUrl: string): Users {
  const fetch = fetchRetry(globalThis.fetch, {
    retries: 3,
    retryDelay: (attempt) => 300 * 2 ** attempt,
    retryOn: [429, 503],
  });
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
