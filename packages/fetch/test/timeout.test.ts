import { compose } from '@kyhooks/core';
import { toFetch } from '@kyhooks/fetch';
import { scriptedWire, virtualClock } from '@kyhooks/testing';
import { timeout } from '@kyhooks/timeout';
import ky, { type KyInstance, type Options } from 'ky';
import { expect, test } from 'vitest';

test.each<[string, (wire: Options) => Options | KyInstance, number | undefined]>([
  ['the defaults of timeout()', (wire) => compose(wire, timeout()), 10_000],
  ['of an instance', (wire) => ky.create(wire).extend(timeout()), 10_000],
  ["ky's own timeout", (wire) => compose(wire, { timeout: 2_000 }, timeout()), 2_000],
  ['a bound that was given', (wire) => compose(wire, timeout({ attempt: 500 })), 500],
  ['no attempt bound', (wire) => compose(wire, timeout({ attempt: false, total: 30_000 })), 30_000],
  ['no bound', (wire) => compose(wire, timeout(false)), undefined],
  ['no layer', (wire) => wire, undefined],
])('a server that hangs: %s', async (_, source, endsMs) => {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies: [{ hang: true }] });
  const call = toFetch(source({ fetch: wire.fetch }))('https://api.test/a', {
    signal: AbortSignal.any([]),
  }).catch((error: unknown) => error);
  let ended: number | undefined;
  void call.then(() => (ended = clock.elapsedMs));
  await clock.advance(60_000);
  expect(ended).toBe(endsMs);
});
