import { compose } from '@kyhooks/core';
import { toFetch } from '@kyhooks/fetch';
import { idempotency } from '@kyhooks/idempotency';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import { Octokit } from '@octokit/core';
import OpenAI from 'openai';
import createClient, { type Client } from 'openapi-fetch';

// #region fetch
const fetch = toFetch(compose(retry({ backoff: () => 20 }), timeout(), idempotency()));
// #endregion fetch

// #region octokit
export const octokit = (baseUrl: string): Octokit => new Octokit({ baseUrl, request: { fetch } });
// #endregion octokit

// #region openai
export const openai = (baseURL: string): OpenAI =>
  new OpenAI({ apiKey: 'key', baseURL, fetch, maxRetries: 0 });
// #endregion openai

interface Paths {
  '/users/{id}': {
    get: {
      parameters: { path: { id: number } };
      responses: {
        200: { content: { 'application/json': { id: number } } };
        404: { content: { 'application/json': { message: string } } };
      };
    };
  };
}

// #region openapi-fetch
export const openapi = (baseUrl: string): Client<Paths> => createClient<Paths>({ baseUrl, fetch });
// #endregion openapi-fetch
