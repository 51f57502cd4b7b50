import pRetry, { AbortError } from 'p-retry';
import type { User, Users } from './users.ts';

export function users(baseUrl: string): Users {
  const call = (path: string, init: RequestInit & { signal: AbortSignal }): Promise<User> =>
    pRetry(
      async () => {
        const response = await fetch(new URL(path, baseUrl), init);
        const failure = new Error(`Status ${response.status}`, { cause: response });
        if ([429, 503].includes(response.status)) throw failure;
        if (!response.ok) throw new AbortError(failure);
        return (await response.json()) as User;
      },
      { retries: 3, minTimeout: 300, signal: init.signal },
    );

  return {
    read: (id, signal) => call(`users/${id}`, { signal }),
    create: (user, signal) => call('users', { method: 'POST', body: JSON.stringify(user), signal }),
  };
}
