import { compose } from '@kyhooks/core';
import { toFetch } from '@kyhooks/fetch';
import { rateLimit } from '@kyhooks/rate-limit';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import { Octokit } from '@octokit/core';
import type { User, Users } from './users.ts';

// Made once: the limits live in these fragments.
const reads = compose(
  retry({ limit: 2, malformedBody: true }), // Octokit takes half a body for an answer
  timeout({ attempt: 3_000, total: 90_000, body: { idle: 3_000 } }),
  rateLimit({ maxConcurrent: 10 }),
);
const read = toFetch(reads);
const write = toFetch(compose(reads, rateLimit({ id: 'writes', minTime: 1_000 }))); // within the ten

const fetch: typeof globalThis.fetch = (input, init) => (init?.method === 'GET' ? read : write)(input, init);

export function users(baseUrl: string): Users {
  const github = new Octokit({ baseUrl, request: { fetch } });

  return {
    read: async (id, signal) =>
      (await github.request('GET /users/{id}', { id, request: { signal } })).data as User,
    create: async (user, signal) =>
      (await github.request('POST /users', { ...user, request: { signal } })).data as User,
  };
}
