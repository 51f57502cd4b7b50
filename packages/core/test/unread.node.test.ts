import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import ky from 'ky';
import { expect, test } from 'vitest';
import { type CallOutcome, onSettled } from '../src/index.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

test('a response that is dropped with its body unread is recorded as such', async () => {
  const outcomes: (CallOutcome | undefined)[] = [];
  const api = ky
    .create({ fetch: async () => new Response('never read') })
    .extend(onSettled((call) => outcomes.push(call.outcome)));
  for (let call = 0; call < 10; call++) await api.get('https://api.test/');
  // The engine may hold on to the last one, and the collector tells in its own time: asked again, but not for ever.
  for (let turn = 0; turn < 100 && outcomes.length < 9; turn++) {
    gc();
    await sleep(1);
  }
  expect(outcomes.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 'unread'));
});
