import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import ky, { type KyInstance } from 'ky';
import { expect, test } from 'vitest';
import { gate, layer, onSettled, wait } from '../src/index.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const url = 'https://api.test/';

test.each<[string, (api: KyInstance, signal: AbortSignal) => Promise<unknown>]>([
  ['as an option', (api, signal) => api.get(url, { signal })],
  ['inside a Request', (api, signal) => api(new Request(url, { signal }))],
])(
  'a resend that waits in the gate hears of the abort behind a collection of garbage: signal %s',
  async (_, call) => {
    const controller = new AbortController();
    const outcomes: unknown[] = [];
    let waits: () => void;
    const waiting = new Promise<void>((resolve) => void (waits = resolve));
    const pause = layer({
      name: 'pause',
      places: [
        gate({
          stage: 'admit',
          async run({ attempt, signal }) {
            if (attempt.number === 1) return;
            waits();
            await wait(5_000, signal);
          },
        }),
      ],
    });
    const api = ky
      .create({ fetch: async () => new Response('', { status: 503 }), retry: { delay: () => 0 } })
      .extend(pause())
      .extend(onSettled(({ outcome }) => void outcomes.push(outcome)));
    const reason = new Error("the caller's own");
    const result = call(api, controller.signal).catch((error: unknown) => error);
    await waiting;
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => void setImmediate(resolve));
      gc();
    }
    controller.abort(reason);
    expect(await result).toBe(reason);
    expect(outcomes).toEqual(['aborted']);
  },
);

test('a resend that is out hears of the abort behind a collection of garbage', async () => {
  const controller = new AbortController();
  let attempts = 0;
  let isOut: () => void;
  const out = new Promise<void>((resolve) => void (isOut = resolve));
  const fetch = (request: Request): Promise<Response> => {
    if (++attempts === 1) return Promise.resolve(new Response('', { status: 503 }));
    isOut();
    return new Promise((_, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason as Error));
    });
  };
  const api = ky
    .create({ fetch: fetch as typeof globalThis.fetch, retry: { delay: () => 0 }, timeout: false })
    .extend(onSettled(() => undefined));
  const reason = new Error("the caller's own");
  const result = api.get(url, { signal: controller.signal }).catch((error: unknown) => error);
  await out;
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => void setImmediate(resolve));
    gc();
  }
  controller.abort(reason);
  expect(await result).toBe(reason);
});

test('a resend has the referrer of its request', async () => {
  const sent: string[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    sent.push(`${request.referrer} ${request.referrerPolicy}`);
    return new Response('', { status: sent.length === 1 ? 503 : 200 });
  };
  await ky
    .create({ fetch: fetch as typeof globalThis.fetch, retry: { delay: () => 0 } })
    .extend(onSettled(() => undefined))
    .get(url, { referrer: '', referrerPolicy: 'origin' });
  expect(sent).toEqual([' origin', ' origin']);
});
