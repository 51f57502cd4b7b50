import { getEventListeners } from 'node:events';
import ky, { type KyInstance } from 'ky';
import { expect, test } from 'vitest';
import { layers, Ledger } from './layers.ts';

/** Listeners on one signal that outlives all calls, counted behind every thousandth of them. */
async function listenersOver(calls: number, api: KyInstance): Promise<number[]> {
  const { signal } = new AbortController();
  const counts: number[] = [];
  for (let call = 1; call <= calls; call++) {
    await api.get('https://api.test/', { signal }).text();
    if (call % 1_000 === 0) counts.push(getEventListeners(signal, 'abort').length);
  }
  return counts;
}

test('10,000 calls on one long-lived signal leave its listeners as plain ky leaves them', async () => {
  let requests = 0;
  // Every tenth is busy at first, so that waits are among them.
  const fetch = async (): Promise<Response> =>
    new Response('ok', { status: ++requests % 10 === 0 ? 503 : 200 });
  const plain = ky.create({ fetch, retry: { delay: () => 0 } });
  const ledger = new Ledger();
  const dressed = Object.values(layers).reduce((api, make) => api.extend(make(ledger)), plain);
  expect(await listenersOver(10_000, dressed)).toEqual(await listenersOver(10_000, plain));
}, 60_000);
