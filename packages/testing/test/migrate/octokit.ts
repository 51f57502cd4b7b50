import { Octokit } from '@octokit/core';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import type { User, Users } from './users.ts';

const GitHub = Octokit.plugin(retry, throttling);

export function users(baseUrl: string): Users {
  const github = new GitHub({
    baseUrl,
    retry: { retries: 2 },
    throttle: {
      id: baseUrl, // who shares the limits
      onRateLimit: (_after, _options, _octokit, retryCount) => retryCount < 2,
      onSecondaryRateLimit: (_after, _options, _octokit, retryCount) => retryCount < 2,
    },
  });

  return {
    read: async (id, signal) =>
      (await github.request('GET /users/{id}', { id, request: { signal } })).data as User,
    create: async (user, signal) =>
      (await github.request('POST /users', { ...user, request: { signal } })).data as User,
  };
}
