import { auth } from '@kyhooks/auth';
import { toFetch } from '@kyhooks/fetch';
import { idempotency } from '@kyhooks/idempotency';
import { log } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { fanOut, result } from '@kyhooks/result';
import { rateLimit } from '@kyhooks/rate-limit';
import { retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import ky, { type KyInstance } from 'ky';
import * as v from 'valibot';
import { compare, type Contender } from './compare.ts';
import { atGate, atVerdict, empty, inert, onWire, partsOfSix } from './parts-of-six.ts';
import { comparePermits } from './permits.ts';
import { sdk, spanByHand } from './tracing.ts';

/**
 * What a call costs beside plain ky, in memory: `fetch` answers at once. Contenders take turns, so that the machine's
 * moods hit them alike; read the ratios, not the times.
 */
const url = 'https://api.test/users/1';
const headers = { 'content-type': 'application/json' };
const fetch = async (): Promise<Response> =>
  new Response('{"id":1,"name":"Ada","email":"ada@example.com"}', { headers });
const plain = ky.create({ fetch });

/** The same two clocks by ky itself. */
const kyClocks = plain.extend({ timeout: 10_000, totalTimeout: 30_000 });
const resilient = plain.extend(retry()).extend(timeout());
const instances: Readonly<Record<string, KyInstance>> = {
  'plain ky': plain,
  'plain ky, two inert fragments': plain.extend(inert('one')).extend(inert('two')),
  'core, one empty layer': plain.extend(empty()),
  'plain ky with totalTimeout': kyClocks,
  'core, timeout': plain.extend(timeout()),
  'core, timeout, bodies unbounded': plain.extend(timeout({ body: false })),
  'core, retry': plain.extend(retry()),
  'core, retry, timeout': resilient,
  '  and a layer on the wire': resilient.extend(onWire()),
  '  and a layer at the verdict': resilient.extend(atVerdict()),
  '  and auth': resilient.extend(auth({ token: () => 'token' })),
  '  and log': resilient.extend(log({ logger: () => undefined })),
  '  and a layer at the gate': resilient.extend(atGate()),
  '  and rateLimit': resilient.extend(rateLimit({ maxConcurrent: 100 })),
  '  and rateLimit, a window': resilient.extend(rateLimit({ rate: { limit: 1_000_000, interval: 1_000 } })),
};

/** With an SDK that keeps what it is given; by hand the same span, metric and headers, without a layer. */
const traced: Readonly<Record<string, KyInstance>> = {
  'plain ky': plain,
  'core, one layer on the wire': plain.extend(onWire()),
  'otel, no SDK': plain.extend(otel()),
  'SDK, by hand': ky.create({ fetch: spanByHand(sdk, fetch) }),
  'otel, SDK': plain.extend(otel(sdk)),
  'otel, SDK, span of the call': plain.extend(otel({ ...sdk, callSpan: true })),
};

/** One layer each, where nothing fails; what is above the empty one is the layer's own. */
const unused: Readonly<Record<string, KyInstance>> = {
  'plain ky': plain,
  'core, one empty layer': plain.extend(empty()),
  retry: plain.extend(retry()),
  auth: plain.extend(auth({ token: () => 'token' })),
  'auth, with a refresh': plain.extend(auth({ token: () => 'token', refresh: () => 'token' })),
  log: plain.extend(log({ logger: () => undefined })),
  'log, a call not drawn': plain.extend(log({ logger: () => undefined, sample: 0 })),
};

const contenders = (
  call: (api: KyInstance) => Promise<unknown>,
  of: Readonly<Record<string, KyInstance>> = instances,
): Contender[] => Object.entries(of).map(([name, api]) => ({ name, run: () => call(api) }));

await compare(
  'await api.get(url).json()',
  contenders((api) => api.get(url).json()),
);
await compare(
  'await api.get(url).json(), the six hooks',
  contenders((api) => api.get(url).json(), partsOfSix(plain)),
);
await compare(
  'await api.get(url), the body left unread',
  contenders((api) => api.get(url)),
);
await compare(
  'await api.get(url).json(), one layer',
  contenders((api) => api.get(url).json(), unused),
);
await compare(
  'await api.get(url).json(), traced',
  contenders((api) => api.get(url).json(), traced),
);

/** The same contract in all; what `schema` adds to the check itself is above core's gate and ky's own `.json(schema)`. */
const User = v.object({ id: v.number() });
const atTestApi = ky.create({ baseUrl: 'https://api.test/', fetch });
const gated = atTestApi.extend(atGate());
const contracted = atTestApi.extend(schema({ 'GET /users/:id': User }));
await compare('an answer checked by valibot', [
  {
    name: 'plain ky, v.parse(User, …)',
    run: async () => v.parse(User, await atTestApi.get('users/1').json()),
  },
  { name: 'plain ky, .json(User)', run: () => atTestApi.get('users/1').json(User) },
  { name: 'core at the gate, .json(User)', run: () => gated.get('users/1').json(User) },
  { name: 'schema', run: () => contracted.get('users/1').json() },
]);

const bare = plain.extend({ throwHttpErrors: false, retry: 0, timeout: false });
const byFetch = toFetch(plain);
const asSdks: RequestInit = { headers: { accept: 'application/json', authorization: 'Bearer x' } };
await compare('a fetch for SDKs', [
  { name: 'plain ky, nothing thrown', run: () => bare(url) },
  { name: 'toFetch(plain ky)', run: () => byFetch(url) },
  { name: 'plain ky, with headers', run: () => bare(url, asSdks) },
  { name: 'toFetch(plain ky), with headers', run: () => byFetch(url, asSdks) },
]);

const posts: Readonly<Record<string, KyInstance>> = {
  'plain ky': plain,
  'core, a layer at the gate': plain.extend(atGate()),
  idempotency: plain.extend(idempotency()),
};
await compare(
  'await api.post(url, { json }).json()',
  Object.entries(posts).map(([name, api]) => ({
    name,
    run: () => api.post(url, { json: { amount: 5 } }).json(),
  })),
);

await compare('a result instead of an exception', [
  { name: 'await api.get(url).json()', run: () => plain.get(url).json() },
  { name: 'await result(api.get(url))', run: () => result(plain.get(url)) },
]);

const ten = Array.from({ length: 10 }, (_, index) => index);
const inTurn = async (): Promise<void> => {
  for (const _ of ten) await plain.get(url).json();
};
await compare('10 calls', [
  { name: 'one after the other', run: inTurn },
  { name: 'Promise.all', run: () => Promise.all(ten.map(() => plain.get(url).json())) },
  {
    name: 'fanOut, 5 at a time',
    run: () => fanOut(ten, () => plain.get(url).json(), { concurrency: 5 }).toArray(),
  },
]);

await comparePermits();
