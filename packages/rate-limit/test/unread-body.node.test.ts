import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { rateLimit } from '@kyhooks/rate-limit';
import ky from 'ky';
import { expect, test } from 'vitest';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** A call whose response nobody keeps. */
async function callAndForget(api: typeof ky): Promise<WeakRef<Response>> {
  return new WeakRef(await api.get('https://api.test/a'));
}

test('a body that nobody reads is not kept alive by the permit that it holds', async () => {
  const limits = rateLimit({ maxConcurrent: 100, hold: 'body' });
  const api = ky.create({ fetch: async () => new Response('x'.repeat(1_000)), retry: 0 }).extend(limits);
  const responses: WeakRef<Response>[] = [];
  for (let count = 0; count < 50; count++) responses.push(await callAndForget(api));
  expect(limits.stats().get('https://api.test')).toEqual({ running: 50, waiting: 0 });
  for (let round = 0; round < 10; round++) {
    await turn();
    gc();
  }
  const kept = responses.filter((response) => response.deref() !== undefined);
  // The last one may still be in a register.
  expect(kept.length).toBeLessThanOrEqual(1);
});
