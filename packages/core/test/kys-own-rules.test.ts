import { type Reply, networkError, scriptedWire, virtualClock } from '@kyhooks/testing';
import ky, { HTTPError, type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { gate, layer, verdict } from '../src/index.ts';

const url = 'https://api.test/a';

/** Is asked about every outcome, and has nothing to say. */
const silent = layer({ name: 'silent', places: [verdict({ decide: () => undefined })] });
/** Only gives errors names, and finds none. */
const naming = layer({ name: 'naming', places: [verdict({ identify: () => undefined })] });
/** Sees to it that the user's `beforeRetry` hooks are composed, and nothing else. */
const passing = layer({ name: 'passing', places: [gate({ stage: 'admit', run: () => undefined })] });

const dresses: Readonly<Record<string, Options>> = {
  'a layer without a say': silent(),
  'a layer that only names errors': naming(),
  'a layer in the gate': passing(),
};

interface Play {
  readonly replies?: readonly Reply[];
  readonly options?: () => Options;
  readonly call?: (api: KyInstance) => Promise<unknown>;
}

const described = (end: unknown): unknown => {
  if (end instanceof Response) return end.status;
  if (!(end instanceof Error)) return end;
  return [end.name, end.message, end instanceof HTTPError ? end.data : undefined];
};

/** What happens, when: every request, and the end. */
async function play(
  { replies = [{ status: 503 }], options = () => ({}), call = (api) => api.get(url) }: Play,
  dress: Options,
): Promise<unknown> {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies });
  const api = ky.create({ fetch: wire.fetch, ...options() }).extend(dress);
  // In a function of its own: what ky refuses is thrown at once.
  const end = await clock.finish((async () => call(api))().catch((error: unknown) => error));
  const sent = wire.exchanges.map(({ atMs, request }) => `${atMs} ${request.method} ${request.url}`);
  return { sent, atMs: clock.elapsedMs, end: described(end) };
}

beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0.25));
afterEach(() => void vi.restoreAllMocks());

const asked: unknown[] = [];
/** Options whose functions note what ky asks them. */
const noting = (retry: Options['retry']): (() => Options) => {
  return () => ({ retry: retry! });
};
const jitters: Readonly<Record<string, (delay: number) => number>> = {
  'halves the delay': (delay) => delay / 2,
  'adds to the delay': (delay) => delay + 1_000,
  'does away with it': () => 0,
  'gives a negative number': () => -1,
  'gives no number': () => Number.NaN,
  'gives infinity': () => Number.POSITIVE_INFINITY,
};
const methods = ['get', 'put', 'head', 'delete', 'options', 'query', 'post', 'patch', 'PROPFIND'];

const plays: Readonly<Record<string, Play>> = {
  'the delays': { options: noting(4) },
  'delays of the user’s': { options: noting({ limit: 3, delay: (count) => count * 70 }) },
  'a limit of 0': { options: noting(0) },
  'the default limit': {},
  'jitter: true': { options: noting({ limit: 3, jitter: true }) },
  'jitter: false': { options: noting({ limit: 3, jitter: false as never }) },
  backoffLimit: { options: noting({ limit: 4, backoffLimit: 700 }) },
  'backoffLimit with jitter': {
    options: noting({ limit: 4, backoffLimit: 700, jitter: (delay) => delay * 1.5 }),
  },
  ...Object.fromEntries(
    Object.entries(jitters).map(([name, jitter]): [string, Play] => [
      `a jitter that ${name}`,
      { options: noting({ limit: 2, jitter }) },
    ]),
  ),
  ...Object.fromEntries(
    methods.flatMap((method): [string, Play][] => [
      [`${method} as an option`, { call: (api) => api(url, { method }) }],
      [`${method} in a Request`, { call: (api) => api(new Request(url, { method: method.toUpperCase() })) }],
      [
        `${method} where the list is the user's`,
        { options: noting({ methods: ['POST', 'propfind'] as never }), call: (api) => api(url, { method }) },
      ],
    ]),
  ),
  'status codes of the user’s': {
    replies: [{ status: 418 }, { status: 503 }],
    options: noting({ statusCodes: [418] }),
  },
  'a 404': { replies: [{ status: 404, json: { why: 'gone' } }] },
  'a 413 without a time': { replies: [{ status: 413 }] },
  'retry-after': { replies: [{ status: 503, headers: { 'retry-after': '2' } }, {}] },
  'retry-after for another status': { replies: [{ status: 500, headers: { 'retry-after': '2' } }, {}] },
  'maxRetryAfter and jitter': {
    replies: [{ status: 503, headers: { 'retry-after': '2' } }, {}],
    options: noting({ maxRetryAfter: 500, jitter: true }),
  },
  'a network error': { replies: [{ error: networkError('ECONNRESET'), afterMs: 20 }, {}] },
  'an error of no network': { replies: [{ error: new RangeError('a mistake') }] },
  'a timeout': { replies: [{ hang: true }], options: () => ({ timeout: 50 }) },
  'a timeout that is retried': {
    replies: [{ hang: true }, {}],
    options: () => ({ timeout: 50, retry: { retryOnTimeout: true } }),
  },
  'a shouldRetry that says yes': {
    replies: [{ status: 404 }, { status: 200 }],
    options: noting({ shouldRetry: () => true }),
  },
  'a shouldRetry that says no': { options: noting({ shouldRetry: async () => false }) },
  'a shouldRetry that says nothing': { options: noting({ shouldRetry: () => undefined }) },
  'a shouldRetry for a method that is not retried': {
    options: noting({ shouldRetry: () => true }),
    call: (api) => api.post(url),
  },
  'a shouldRetry that throws': {
    options: noting({
      shouldRetry() {
        throw new TypeError('thrown by shouldRetry');
      },
    }),
  },
  'what shouldRetry is told': {
    options: noting({
      limit: 3,
      shouldRetry({ error, retryCount }) {
        asked.push([error.name, retryCount]);
        return retryCount < 3;
      },
    }),
    async call(api) {
      asked.length = 0;
      await api.get(url).catch(() => undefined);
      return [...asked];
    },
  },
  'no shouldRetry at the limit': {
    options: noting({
      limit: 1,
      shouldRetry({ retryCount }) {
        asked.push(retryCount);
        return true;
      },
    }),
    async call(api) {
      asked.length = 0;
      await api.get(url).catch(() => undefined);
      return [...asked];
    },
  },
  'a resend that is forced without a delay': {
    replies: [{ status: 503 }, {}],
    options: () => ({
      hooks: { afterResponse: [({ retryCount }) => (retryCount === 1 ? ky.retry() : undefined)] },
    }),
  },
  'a forced resend for which no time is left': {
    replies: [{}],
    options: () => ({
      totalTimeout: 1_000,
      retry: { delay: () => 5_000 },
      hooks: { afterResponse: [() => ky.retry()] },
    }),
  },
  'a body that a hook has used up': {
    options: () => ({ hooks: { beforeRequest: [async ({ request }) => void (await request.text())] } }),
    call: (api) => api.put(url, { body: 'used' }),
  },
  'options that ky refuses: methods': {
    options: noting({ methods: 'get' as never }),
    call: (api) => api(url),
  },
  'options that ky refuses: limit': { options: noting({ limit: -1 }) },
  'options that ky refuses: status codes': { options: noting({ statusCodes: 503 as never }) },
  'options that ky refuses: null': { options: noting(null as never) },
  'options that ky refuses: false': { options: noting(false as never) },
};

describe('where no layer is asked, ky itself sleeps until a total is over that the delay exceeds', () => {
  const { 'a layer without a say': _, ...unasked } = dresses;
  test.each(Object.entries(unasked))('%s', async (__, dress) => {
    const script: Play = { options: () => ({ totalTimeout: 800 }) };
    const plain = await play(script, {});
    expect(plain).toMatchObject({ atMs: 800, end: ['TimeoutError', expect.any(String), undefined] });
    expect(await play(script, dress)).toEqual(plain);
  });
});

for (const [name, dress] of Object.entries(dresses)) {
  describe(`ky's own rules of retrying stay with ${name}`, () => {
    test.each(Object.entries(plays))('%s', async (_, script) => {
      expect(await play(script, dress)).toEqual(await play(script, {}));
    });
  });
}
