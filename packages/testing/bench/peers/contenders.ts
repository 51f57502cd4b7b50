import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpClient,
  type InternalPipelineOptions,
} from '@azure/core-rest-pipeline';
import { idempotency } from '@kyhooks/idempotency';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { exponential, retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import { Octokit } from '@octokit/core';
import { retry as octokitRetry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import axios, { type CreateAxiosDefaults } from 'axios';
import axiosRetry, { exponentialDelay, isNetworkError } from 'axios-retry';
import Bottleneck from 'bottleneck';
import { ExponentialBackoff, handleAll, handleWhen, retry as cockatielRetry } from 'cockatiel';
import got from 'got';
import ky, { type KyInstance } from 'ky';
import { createFetch } from 'ofetch';
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import wretch, { type ConfiguredMiddleware } from 'wretch';
import { retry as wretchRetry } from 'wretch/middlewares';
import { contracts } from '../../../demo/src/contracts.ts';
import {
  type Client,
  checkedBehind,
  type Contender,
  type Fetch,
  fetchJson,
  mayRetry,
  policy,
  retried,
  worthRetrying,
  writing,
} from './client.ts';

const platform: Fetch = (input, init) => globalThis.fetch(input, init);
/** Calls at a time, where one must say. */
const atOnce = 20;

const ofKy = (api: KyInstance): Client => ({
  get: (url) => api.get(url).json(),
  post: (url, json) => api.post(url, { json }).json(),
});

const ofFetch = (fetch: Fetch, run: (task: () => Promise<unknown>) => Promise<unknown>): Client => ({
  get: (url) => run(() => fetchJson(fetch, url)),
  post: (url, json) => run(() => fetchJson(fetch, url, writing(json))),
});

/** Axios sends by sockets in Node, and through `fetch` where it is told to. */
function axiosClient(options: CreateAxiosDefaults, fetch?: Fetch): ReturnType<typeof axios.create> {
  return axios.create({ ...options, ...(fetch && { adapter: 'fetch', env: { fetch } }) });
}

function azure(options: InternalPipelineOptions, attempt?: number, client?: HttpClient) {
  const pipeline = createPipelineFromOptions(options);
  const wire = client ?? createDefaultHttpClient();
  return async (
    url: string,
    json?: object,
    more: Readonly<Record<string, string>> = {},
  ): Promise<unknown> => {
    const request = createPipelineRequest({
      url,
      method: json ? 'POST' : 'GET',
      allowInsecureConnection: true,
      headers: createHttpHeaders({ ...more, ...(json && { 'content-type': 'application/json' }) }),
      ...(json && { body: JSON.stringify(json) }),
      ...(attempt !== undefined && { timeout: attempt }),
    });
    const { status, bodyAsText } = await pipeline.sendRequest(wire, request);
    if (status >= 400) throw new Error(`status ${status}`);
    return JSON.parse(bodyAsText ?? '') as unknown;
  };
}

/** A client of Azure's pipeline sends through what it is given. */
const azureWire = (fetch: Fetch): HttpClient => ({
  sendRequest: async (request) => {
    const response = await fetch(request.url);
    return {
      request,
      status: response.status,
      headers: createHttpHeaders(),
      bodyAsText: await response.text(),
    };
  },
});

const GitHub = Octokit.plugin(octokitRetry, throttling);

/** The wretch way of a bound for each attempt: a middleware inside the one that retries. */
const wretchAttempt: ConfiguredMiddleware = (next) => (url, options) =>
  next(url, { ...options, signal: AbortSignal.timeout(policy.attempt) });

export const contenders: readonly Contender[] = [
  {
    name: 'plain ky',
    packages: ['ky'],
    imports: `export { default } from 'ky';`,
    settings: 'defaults: 2 retries of what is idempotent, 10 s',
    recommended: (fetch) => ofKy(ky.create(fetch ? { fetch } : {})),
    equal: () => {
      const { retries: limit, statusCodes, delay, attempt, total } = policy;
      const methods = ['get', 'post'] as const;
      const api = ky.create({
        retry: { limit, methods: [...methods], statusCodes: [...statusCodes], delay, retryOnTimeout: true },
        timeout: attempt,
        totalTimeout: total,
      });
      return checkedBehind({
        get: (url) => api.get(url).json(),
        post: (url, json, headers) => api.post(url, { json, headers }).json(),
      });
    },
  },
  {
    name: 'ky + the six hooks',
    packages: ['@kyhooks/core'],
    imports: `export { default } from 'ky';
      export { retry } from '@kyhooks/retry'; export { timeout } from '@kyhooks/timeout';
      export { idempotency } from '@kyhooks/idempotency'; export { rateLimit } from '@kyhooks/rate-limit';
      export { schema } from '@kyhooks/schema'; export { otel } from '@kyhooks/otel';`,
    settings: 'all six with their defaults, the contracts of two routes, tracing without an SDK',
    recommended: (fetch) =>
      ofKy(
        ky
          .create(fetch ? { fetch } : {})
          .extend(retry())
          .extend(timeout())
          .extend(idempotency())
          .extend(rateLimit({}))
          .extend(schema(contracts))
          .extend(otel()),
      ),
    equal: () =>
      ofKy(
        ky
          .extend(
            retry({
              limit: policy.retries,
              backoff: exponential({ base: 100 }),
              malformedBody: true,
              budget: false,
            }),
          )
          .extend(idempotency())
          .extend(timeout({ attempt: policy.attempt, total: policy.total }))
          .extend(rateLimit({ maxConcurrent: atOnce, followServer: false }))
          .extend(schema(contracts))
          .extend(otel()),
      ),
  },
  {
    name: 'plain fetch',
    packages: [],
    imports: '',
    settings: 'none',
    recommended: (fetch = platform) => ofFetch(fetch, (task) => task()),
  },
  {
    name: 'axios + axios-retry',
    packages: ['axios', 'axios-retry'],
    imports: `export { default } from 'axios'; export { default as retry } from 'axios-retry';`,
    settings: '`axiosRetry(client, { retries: 3 })`, no timeout',
    recommended: (fetch) => {
      const client = axiosClient({}, fetch);
      axiosRetry(client, { retries: 3 });
      return {
        get: async (url) => (await client.get<unknown>(url)).data,
        post: async (url, json) => (await client.post<unknown>(url, json)).data,
      };
    },
    equal: () => {
      const client = axiosClient({ timeout: policy.attempt });
      axiosRetry(client, {
        retries: policy.retries,
        retryDelay: (count, error) => exponentialDelay(count - 1, error, 100),
        shouldResetTimeout: true,
        retryCondition: (error) =>
          isNetworkError(error) || error.code === 'ECONNABORTED' || mayRetry(error.response?.status ?? 0),
      });
      return checkedBehind({
        get: async (url) => (await client.get<unknown>(url)).data,
        post: async (url, json, headers) => (await client.post<unknown>(url, json, { headers })).data,
      });
    },
  },
  {
    name: 'got',
    packages: ['got'],
    imports: `export { default } from 'got';`,
    nodeOnly: true,
    ownWire: true,
    settings: 'defaults: 2 retries of what is idempotent, no timeout',
    recommended: () => ({
      get: (url) => got.get(url).json(),
      post: (url, json) => got.post(url, { json }).json(),
    }),
    equal: () => {
      const client = got.extend({
        timeout: { request: policy.attempt },
        retry: {
          limit: policy.retries,
          methods: ['GET', 'POST'],
          statusCodes: [...policy.statusCodes],
          calculateDelay: ({ attemptCount, computedValue }) =>
            computedValue === 0 ? 0 : policy.delay(attemptCount),
        },
      });
      return checkedBehind({
        get: (url) => client.get(url).json(),
        post: (url, json, headers) => client.post(url, { json, headers }).json(),
      });
    },
  },
  {
    name: 'ofetch',
    packages: ['ofetch'],
    imports: `export { ofetch } from 'ofetch';`,
    settings: 'defaults: 1 retry, none of writes, no timeout',
    recommended: (fetch = platform) => {
      const client = createFetch({ fetch });
      return {
        get: (url) => client<unknown>(url),
        post: (url, body) => client<unknown>(url, { method: 'POST', body }),
      };
    },
    equal: () => {
      const client = createFetch({ fetch: platform }).create({
        retry: policy.retries,
        retryDelay: ({ options }) => policy.delay(policy.retries + 1 - Number(options.retry)),
        retryStatusCodes: [...policy.statusCodes],
        timeout: policy.attempt,
      });
      return checkedBehind({
        get: (url) => client<unknown>(url),
        post: (url, body, headers) => client<unknown>(url, { method: 'POST', body, headers }),
      });
    },
  },
  {
    name: 'wretch + middlewares',
    packages: ['wretch'],
    imports: `export { default } from 'wretch'; export { retry } from 'wretch/middlewares';`,
    settings: 'the middleware `retry()`: up to 10 of 5xx, writes too, 500 ms apart and more; no timeout',
    recommended: (fetch = platform) => {
      const client = wretch().fetchPolyfill(fetch).middlewares([wretchRetry()]);
      return {
        get: (url) => client.url(url).get().json(),
        post: (url, json) => client.url(url).post(json).json(),
      };
    },
    equal: () => {
      const client = wretch().middlewares([
        wretchRetry({
          maxAttempts: policy.retries,
          delayTimer: 100,
          delayRamp: (_, count) => policy.delay(Math.max(count, 1)),
          until: (response) => response !== undefined && !mayRetry(response.status),
          retryOnNetworkError: true,
        }),
        wretchAttempt,
      ]);
      return checkedBehind({
        get: (url) => client.url(url).get().json(),
        post: (url, json, headers) => client.url(url).headers(headers).post(json).json(),
      });
    },
  },
  {
    name: 'fetch in cockatiel',
    packages: ['cockatiel'],
    imports: `export { retry, handleWhen, ExponentialBackoff, timeout, bulkhead, wrap } from 'cockatiel';`,
    settings: '`retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() })`',
    recommended: (fetch = platform) => {
      const run = cockatielRetry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() });
      return ofFetch(fetch, (task) => run.execute(task));
    },
    equal: () => {
      const backoff = new ExponentialBackoff({ initialDelay: 100, maxDelay: policy.delay(policy.retries) });
      const run = cockatielRetry(handleWhen(worthRetrying), { maxAttempts: policy.retries, backoff });
      return retried((task) => run.execute(task));
    },
  },
  {
    name: 'fetch in p-retry, p-limit',
    packages: ['p-retry', 'p-limit'],
    imports: `export { default } from 'p-retry'; export { default as limit } from 'p-limit';`,
    settings: '`pRetry(run, { retries: 5 })`, 1 s apart and more, 20 at a time',
    recommended: (fetch = platform) => {
      const limit = pLimit(atOnce);
      return ofFetch(fetch, (task) => limit(() => pRetry(task, { retries: 5 })));
    },
    equal: () => {
      const limit = pLimit(atOnce);
      const settings = {
        retries: policy.retries,
        minTimeout: 100,
        shouldRetry: ({ error }: { readonly error: Error }) => worthRetrying(error),
      };
      return retried((task) => limit(() => pRetry(task, settings)));
    },
  },
  {
    name: 'Azure core-rest-pipeline',
    packages: ['@azure/core-rest-pipeline'],
    imports: `export { createPipelineFromOptions, createPipelineRequest, createDefaultHttpClient } from '@azure/core-rest-pipeline';`,
    settings: '`createPipelineFromOptions({})`: 3 retries, writes too, 1 s apart and more; no timeout',
    recommended: (fetch) => {
      const send = azure({}, undefined, fetch && azureWire(fetch));
      return { get: (url) => send(url), post: (url, json) => send(url, json) };
    },
    equal: () => {
      const send = azure(
        { retryOptions: { maxRetries: policy.retries, retryDelayInMs: 100 } },
        policy.attempt,
      );
      return checkedBehind({
        get: (url) => send(url),
        post: (url, json, headers) => send(url, json, headers),
      });
    },
  },
  {
    name: 'Octokit with plugins',
    packages: ['@octokit/core', '@octokit/plugin-retry', '@octokit/plugin-throttling'],
    imports: `export { Octokit } from '@octokit/core'; export { retry } from '@octokit/plugin-retry'; export { throttling } from '@octokit/plugin-throttling';`,
    settings: 'both plugins, rate limits waited for once',
    noFaults: 'it writes once a second, for GitHub',
    recommended: (fetch = platform) => {
      const client = new GitHub({
        request: { fetch },
        throttle: {
          onRateLimit: (_after, _options, _octokit, retries) => retries < 1,
          onSecondaryRateLimit: () => undefined,
        },
      });
      return {
        get: async (url) => (await client.request({ method: 'GET', url })).data as unknown,
        post: async (url, json) =>
          (await client.request({ method: 'POST', url, data: json })).data as unknown,
      };
    },
  },
  {
    name: 'fetch in Bottleneck',
    packages: ['bottleneck'],
    imports: `export { default } from 'bottleneck/light.js';`,
    settings: '`new Bottleneck({ maxConcurrent: 20 })`, no retries',
    recommended: (fetch = platform) => {
      const limiter = new Bottleneck({ maxConcurrent: atOnce });
      return ofFetch(fetch, (task) => limiter.schedule(task));
    },
    equal: () => {
      const limiter = new Bottleneck({ maxConcurrent: atOnce });
      limiter.on('failed', (error: unknown, { retryCount }) =>
        retryCount < policy.retries && worthRetrying(error) ? policy.delay(retryCount + 1) : undefined,
      );
      return retried((task) => limiter.schedule(task));
    },
  },
];
