import { timeout } from '@kyhooks/timeout';
import ky, { type KyInstance, type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { countListeners, networkError, type Reply, scriptedWire, virtualClock } from '@kyhooks/testing';
import { layers, Ledger } from './layers.ts';

const url = 'https://api.test/users/1';

/** One way for a call to end. */
interface WayOut {
  readonly reply: Reply;
  /** ky options of the call; the signal is the user's, whose listeners are counted. */
  readonly options?: Options;
  /** When the user aborts, in milliseconds of the clock. */
  readonly abortAtMs?: number;
  readonly abortedBefore?: boolean;
  readonly ignoreAbort?: boolean;
  /** What the user does with the call; by default the body is read. */
  readonly use?: (call: ReturnType<KyInstance['get']>) => Promise<unknown>;
  /** How often a listener must have heard of the end. */
  readonly settled?: number;
}

const throwing = (): never => {
  throw new Error('a hook of the user');
};
const again: Options['retry'] = { limit: 1 };

const waysOut: Readonly<Record<string, WayOut>> = {
  success: { reply: { json: {}, afterMs: 5 } },
  'no body': { reply: { status: 204, afterMs: 5 }, use: (call) => call },
  'an HTTP error': { reply: { status: 404, body: 'none' } },
  'an HTTP error that is not thrown': {
    reply: { status: 404, body: 'none' },
    options: { throwHttpErrors: false },
  },
  'a network error': { reply: { error: networkError('ECONNREFUSED') } },
  'an error that is none': { reply: { error: 'a string' } },
  'retries used up': { reply: { status: 503, body: 'busy' }, options: { retry: again } },
  'aborted before': { reply: { json: {} }, abortedBefore: true },
  'aborted in flight': { reply: { hang: true }, abortAtMs: 5 },
  'aborted in flight, with a fetch that takes no notice': {
    reply: { json: {}, afterMs: 50 },
    abortAtMs: 5,
    ignoreAbort: true,
  },
  'aborted in backoff': { reply: { status: 503 }, options: { retry: again }, abortAtMs: 100 },
  'aborted in the body': { reply: { body: 'half', stall: true }, abortAtMs: 5 },
  'a timeout of ky': {
    reply: { hang: true },
    options: { timeout: 50, retry: 0, ...timeout({ attempt: 50 }) },
  },
  'a timeout of ky, answered too late': {
    reply: { json: {}, afterMs: 100 },
    ignoreAbort: true,
    options: { timeout: 50, retry: 0, ...timeout({ attempt: 50 }) },
  },
  'a total timeout of ky': {
    reply: { hang: true },
    options: { totalTimeout: 50, timeout: false, ...timeout({ total: 50, attempt: false }) },
  },
  'beforeRequest throws': { reply: { json: {} }, options: { hooks: { beforeRequest: [throwing] } } },
  'beforeRetry throws': {
    reply: { status: 503 },
    options: { retry: again, hooks: { beforeRetry: [throwing] } },
  },
  'afterResponse throws': { reply: { json: {} }, options: { hooks: { afterResponse: [throwing] } } },
  'beforeError throws': { reply: { status: 404 }, options: { hooks: { beforeError: [throwing] } } },
  'parseJson throws': { reply: { json: {} }, options: { parseJson: throwing }, use: (call) => call.json() },
  'ky.stop': {
    reply: { status: 503, body: 'busy' },
    options: { retry: again, hooks: { beforeRetry: [() => ky.stop] } },
    use: (call) => call,
  },
  'a body that is cancelled': { reply: { body: 'long' }, use: async (call) => (await call).body?.cancel() },
  'a body that is never read': { reply: { body: 'long' }, use: (call) => call, settled: 0 },
  'a body read twice': {
    reply: { body: 'long' },
    use: async (call) => {
      const response = await call;
      const copy = response.clone();
      return Promise.all([response.text(), copy.text()]);
    },
  },
};

/** What is left behind by a way out. */
async function leave(way: WayOut, dress: (bare: KyInstance, ledger: Ledger) => KyInstance): Promise<unknown> {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies: [way.reply], ignoreAbort: way.ignoreAbort ?? false });
  const ledger = new Ledger();
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  if (way.abortedBefore) controller.abort(new Error('mine'));
  if (way.abortAtMs) setTimeout(() => controller.abort(new Error('mine')), way.abortAtMs);
  const api = dress(ky.create({ fetch: wire.fetch, timeout: 60_000, retry: 0 }), ledger);
  const use = way.use ?? (async (call) => (await call).text());
  const calls = [1, 2].map(() => use(api.get(url, { signal: controller.signal, ...way.options })));
  // Two calls at once on one instance.
  await clock.finish(Promise.allSettled(calls));
  if (way.ignoreAbort) await clock.advance(100);
  await clock.settle();
  return {
    timers: clock.timers,
    listeners: listeners.count,
    permits: ledger.permits,
    waiting: ledger.waiting,
    spans: ledger.spans,
    unread: wire.bodies.filter((state) => state === 'unread').length,
    ...(ledger.settled.length > 0 && { settled: ledger.settled.length }),
  };
}

const dresses: Readonly<Record<string, (bare: KyInstance, ledger: Ledger) => KyInstance>> = {
  ...Object.fromEntries(
    Object.entries(layers).map(([name, make]) => [
      name,
      (bare: KyInstance, ledger: Ledger) => bare.extend(make(ledger)),
    ]),
  ),
  'all layers': (bare, ledger) => Object.values(layers).reduce((api, make) => api.extend(make(ledger)), bare),
};

for (const [dress, put] of Object.entries(dresses)) {
  describe(`nothing is left behind by ${dress}`, () => {
    for (const [name, way] of Object.entries(waysOut)) {
      test(name, async () => {
        const plain = (await leave(way, (bare) => bare)) as { readonly unread: number };
        const { settled = 0, ...left } = (await leave(way, put)) as { readonly settled?: number };
        // Late answers that plain ky leaves unread are cancelled; else we leave what plain ky leaves: nothing of ours.
        const unread = way.ignoreAbort ? 0 : plain.unread;
        expect(left).toEqual({ ...plain, unread, timers: 0, listeners: 0, permits: 0, waiting: 0, spans: 0 });
        // Of two calls at once each is reported, once.
        const listens = dress === 'journal' || dress === 'all layers';
        expect(settled).toBe(listens ? (way.settled ?? 1) * 2 : 0);
      });
    }
  });
}
