import ky, {
  type AfterResponseHook,
  HTTPError,
  type KyInstance,
  NetworkError,
  type Options,
  replaceOption,
  SchemaValidationError,
  TimeoutError,
} from 'ky';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import {
  networkError,
  type Reply,
  type ScriptedWire,
  scriptedWire,
  type VirtualClock,
  virtualClock,
} from '@kyhooks/testing';
import { layers, Ledger } from './layers.ts';

const url = 'https://api.test/users/1';

interface World {
  readonly api: KyInstance;
  readonly wire: ScriptedWire;
  readonly clock: VirtualClock;
}

/** Something that ky documents, as a program whose result is compared with and without layers. */
interface Feature {
  readonly replies: readonly Reply[];
  /** Given before the layers are put on, or after: hooks keep working in any position. */
  readonly options?: Options;
  readonly run: (world: World) => Promise<unknown>;
}

const json = { id: 1, name: 'Ada' };
const User = v.object({ id: v.number(), name: v.string() });
const failure = async (promise: PromiseLike<unknown>): Promise<unknown> => {
  try {
    return { value: await promise };
  } catch (error) {
    if (!(error instanceof Error)) return { reason: error };
    const kind = [HTTPError, NetworkError, TimeoutError, SchemaValidationError].find(
      (type) => error instanceof type,
    )?.name;
    const { data, issues } = error as Error & {
      readonly data?: unknown;
      readonly issues?: readonly { message: string }[];
    };
    return { kind, name: error.name, data, issues: issues?.map(({ message }) => message) };
  }
};
const sent = async ({ exchanges }: ScriptedWire): Promise<unknown> =>
  Promise.all(
    exchanges.map(async ({ request }) => ({
      line: `${request.method} ${request.url}`,
      headers: [...request.headers].filter(
        ([name]) => !['idempotency-key', 'x-key', 'x-signed', 'x-wire'].includes(name),
      ),
      body: request.bodyUsed ? 'used' : await request.text(),
    })),
  );

const log: string[] = [];
const logged = (name: string): Options => ({
  hooks: {
    beforeRequest: [({ retryCount }) => void log.push(`${name} beforeRequest ${retryCount}`)],
    beforeRetry: [
      ({ retryCount, error }) => void log.push(`${name} beforeRetry ${retryCount} ${error.name}`),
    ],
    afterResponse: [
      ({ response, retryCount }) => void log.push(`${name} afterResponse ${response.status} ${retryCount}`),
    ],
    beforeError: [
      ({ error, retryCount }) => {
        log.push(`${name} beforeError ${error.name} ${retryCount}`);
        return error;
      },
    ],
  },
});
const takeLog = (): string[] => log.splice(0);

const features: Readonly<Record<string, Feature>> = {
  'JSON by a shortcut, with its accept header': {
    replies: [{ json }],
    run: async ({ api, wire }) => [await api.get(url).json(), await sent(wire)],
  },
  'text, bytes, arrayBuffer': {
    replies: [{ body: 'content' }],
    run: async ({ api }) => [
      await api.get(url).text(),
      [...(await api.get(url).bytes())],
      (await api.get(url).arrayBuffer()).byteLength,
    ],
  },
  'a schema that accepts, and one that does not': {
    replies: [{ json }, { json: { id: 'one' } }],
    run: async ({ api }) => [await api.get(url).json(User), await failure(api.get(url).json(User))],
  },
  'HTTPError.data, as JSON and as text': {
    replies: [
      { status: 404, json: { code: 'none' } },
      { status: 400, body: 'bad' },
    ],
    run: async ({ api }) => [await failure(api.get(url)), await failure(api.get(url))],
  },
  'a network error': {
    replies: [{ error: networkError('ECONNREFUSED') }],
    options: { retry: 0 },
    run: async ({ api }) => failure(api.get(url)),
  },
  'parseJson, in shortcuts, on responses and in errors': {
    replies: [{ json }, { json }, { status: 404, json }],
    options: { parseJson: (text, { response }) => ({ text, status: response.status }) },
    run: async ({ api }) => [
      await api.get(url).json(),
      await (await api.get(url)).json(),
      await failure(api.get(url)),
    ],
  },
  stringifyJson: {
    replies: [{}],
    options: { stringifyJson: (data) => JSON.stringify({ wrapped: data }) },
    run: async ({ api, wire }) => [(await api.post(url, { json })).status, await sent(wire)],
  },
  context: {
    replies: [{}],
    options: {
      context: { tenant: 'a' },
      hooks: {
        beforeRequest: [
          ({ request, options }) => request.headers.set('x-tenant', JSON.stringify(options.context)),
        ],
      },
    },
    run: async ({ api, wire }) => [(await api.get(url, { context: { user: 1 } })).ok, await sent(wire)],
  },
  'search parameters, base URL, prefix, headers': {
    replies: [{}],
    options: { baseUrl: 'https://api.test/v1/', headers: { 'x-a': '1' }, searchParams: { a: 1 } },
    run: async ({ api, wire }) => {
      await api.get('users', { searchParams: { b: 2 }, headers: { 'x-b': '2' } });
      await api.put('users', { prefix: 'deep', json });
      return sent(wire);
    },
  },
  'every method': {
    replies: [{}],
    run: async ({ api, wire }) => {
      for (const method of ['get', 'post', 'put', 'patch', 'head', 'delete'] as const) await api[method](url);
      await api(url, { method: 'PROPFIND' });
      return sent(wire);
    },
  },
  'a Request, a URL, a Request with options over it': {
    replies: [{}],
    run: async ({ api, wire }) => {
      await api(new Request(url, { method: 'POST', body: 'text', headers: { 'x-a': '1' } }));
      await api(new URL(url));
      await api(new Request(url), { method: 'DELETE', headers: { 'x-b': '2' } });
      return sent(wire);
    },
  },
  "a Request's own signal": {
    replies: [{ hang: true }],
    run: async ({ api }) => {
      const controller = new AbortController();
      const call = failure(api(new Request(url, { signal: controller.signal })));
      setTimeout(() => controller.abort('mine'), 10);
      return call;
    },
  },
  'several signals, of instance and call': {
    replies: [{ hang: true }],
    run: async ({ api }) => {
      const controllers = [new AbortController(), new AbortController()] as const;
      const call = failure(
        api.extend({ signal: controllers[0].signal }).get(url, { signal: controllers[1].signal }),
      );
      setTimeout(() => controllers[0].abort('mine'), 10);
      return call;
    },
  },
  'a body of each kind': {
    replies: [{}],
    run: async ({ api, wire }) => {
      await api.put(url, { body: 'text' });
      await api.put(url, { body: new URLSearchParams({ a: '1' }) });
      await api.put(url, { body: new Blob(['blob'], { type: 'text/x' }) });
      await api.put(url, { body: new TextEncoder().encode('bytes') });
      return sent(wire);
    },
  },
  'download progress': {
    replies: [{ body: 'content', headers: { 'content-length': '7' } }],
    run: async ({ api }) => {
      const progress: number[] = [];
      const onDownloadProgress: Options['onDownloadProgress'] = ({ transferredBytes }) =>
        void progress.push(transferredBytes);
      return [await api.get(url, { onDownloadProgress }).text(), progress.at(-1)];
    },
  },
  'ky.retry() with a delay, a code, another request; and once too often': {
    replies: [{ json: { ready: false } }, { json: { ready: true } }],
    options: {
      retry: 1,
      hooks: {
        afterResponse: [
          async ({ request, response, retryCount }) => {
            if ((await response.json<{ ready: boolean }>()).ready) return undefined;
            return ky.retry({
              delay: 50,
              code: 'NOT_READY',
              request: new Request(`${request.url}?try=${retryCount + 1}`),
            });
          },
        ],
      },
    },
    run: async ({ api, wire, clock }) => {
      const first = await api.get(url).json();
      const always: AfterResponseHook = () => ky.retry({ delay: 1 });
      return [
        first,
        clock.elapsedMs,
        await failure(api.get(url, { hooks: { afterResponse: [always] } })),
        await sent(wire),
      ];
    },
  },
  'ky.stop': {
    replies: [{ status: 503 }],
    options: { hooks: { beforeRetry: [() => ky.stop] } },
    run: async ({ api }) => failure(api.get(url)),
  },
  'a response from beforeRequest, from beforeRetry, from afterResponse': {
    replies: [{ status: 503 }, { body: 'server' }],
    run: async ({ api }) => [
      await api.get(url, { hooks: { beforeRequest: [() => new Response('cached')] } }).text(),
      await api.get(url, { hooks: { beforeRetry: [() => new Response('fallback')] } }).text(),
      await api.get(url, { hooks: { afterResponse: [() => new Response('replaced')] } }).text(),
    ],
  },
  'hooks before and behind the layers, over a retry and an error': {
    replies: [{ status: 503 }, { status: 404 }],
    options: logged('own'),
    run: async ({ api }) => [await failure(api.extend(logged('later')).get(url)), takeLog()],
  },
  'retryCount and the limit in hooks': {
    replies: [{ status: 500 }],
    options: {
      retry: 1,
      hooks: {
        beforeRetry: [({ options, retryCount }) => void log.push(`${retryCount} of ${options.retry.limit}`)],
      },
    },
    run: async ({ api }) => [await failure(api.get(url)), takeLog()],
  },
  'replaceOption on headers': {
    replies: [{}],
    options: { headers: { 'x-a': '1' } },
    run: async ({ api, wire }) => {
      await api.extend({ headers: replaceOption({ 'x-b': '2' }) }).get(url);
      return sent(wire);
    },
  },
  'throwHttpErrors as a function': {
    replies: [{ status: 404 }, { status: 400 }],
    options: { throwHttpErrors: (status) => status === 400 },
    run: async ({ api }) => [(await api.get(url)).status, await failure(api.get(url))],
  },
  'a timeout while a body is read by a shortcut': {
    replies: [{ body: 'half of it', stall: true }],
    options: { timeout: 100, retry: 0 },
    run: async ({ api, clock }) => [await failure(api.get(url).text()), clock.elapsedMs],
  },
  'a total timeout while a body is read by a shortcut': {
    replies: [{ body: 'half of it', stall: true }],
    options: { totalTimeout: 100, timeout: false },
    run: async ({ api, clock }) => [await failure(api.get(url).text()), clock.elapsedMs],
  },
  'a total timeout while JSON is parsed': {
    replies: [{ json }],
    options: { totalTimeout: 100, parseJson: () => new Promise(() => undefined) },
    run: async ({ api, clock }) => [await failure(api.get(url).json()), clock.elapsedMs],
  },
  'a timeout while the data of an error is read': {
    replies: [{ status: 404, body: 'half of it', stall: true }],
    options: { timeout: 100 },
    run: async ({ api, clock }) => [await failure(api.get(url)), clock.elapsedMs],
  },
  'a body handed on stays untimed': {
    replies: [{ body: 'half of it', stall: true }],
    options: { timeout: 100 },
    run: async ({ api, clock }) => {
      const response = await api.get(url);
      setTimeout(() => void response.body?.cancel(), 5_000);
      return [response.status, clock.elapsedMs];
    },
  },
  'an instance of an instance': {
    replies: [{}],
    run: async ({ api, wire }) => {
      await api
        .extend({ headers: { 'x-a': '1' } })
        .extend((parent) => ({ headers: { 'x-b': String(parent.headers !== undefined) } }))
        .get(url);
      return sent(wire);
    },
  },
};

const ledger = new Ledger();
/** A layer at each place, which leaves ky's own policy as it is. */
const places = ['rateLimit', 'signing', 'wire', 'journal'].map((name) => layers[name]!(ledger));

async function run(feature: Feature, dress: (bare: KyInstance) => KyInstance): Promise<unknown> {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies: feature.replies });
  takeLog();
  // Awaited here: the clock is given back at the end of this block.
  return await clock.finish(
    feature.run({ api: dress(ky.create({ fetch: wire.fetch, ...feature.options })), wire, clock }),
  );
}

const dresses = {
  'a layer at each place': places,
  'all layers, as installed first': [...places, retry(), timeout()],
};

for (const [dress, fragments] of Object.entries(dresses)) {
  describe(`what ky documents works with ${dress}`, () => {
    for (const [name, feature] of Object.entries(features)) {
      test(name, async () => {
        const plain = await run(feature, (bare) => bare);
        expect(
          await run(feature, (bare) => fragments.reduce((api, fragment) => api.extend(fragment), bare)),
        ).toEqual(plain);
      });
    }
  });
}
