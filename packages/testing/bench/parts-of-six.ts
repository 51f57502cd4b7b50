import { gate, layer, type LayerFactory, verdict, wire } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import type { KyInstance, Options } from 'ky';
import { contracts } from '../../demo/src/contracts.ts';

const names = ['one', 'two', 'three', 'four', 'five', 'six'];

/** What ky itself takes for one more option and one more init hook, which do nothing. */
export const inert = (name: string): Options => ({ [name]: [{}], hooks: { init: [() => undefined] } });

type Inert = LayerFactory<Record<never, never>>;

/** Layers that only pass by. */
export const empty: Inert = layer({ name: 'empty' });
export const atGate: Inert = layer({
  name: 'atGate',
  places: [gate({ stage: 'guard', run: () => undefined })],
});
export const onWire: Inert = layer({
  name: 'onWire',
  places: [wire({ stage: 'observe', run: (_, next) => next() })],
});
export const atVerdict: Inert = layer({ name: 'atVerdict', places: [verdict({ decide: () => undefined })] });

/**
 * What the cost of the six hooks is made of: ky's price for six fragments, core's for the record and the places, ky's for
 * the clock of the whole call, and what the layers do themselves.
 */
export function partsOfSix(plain: KyInstance): Readonly<Record<string, KyInstance>> {
  const extended = (fragments: readonly Options[]): KyInstance =>
    fragments.reduce((api: KyInstance, one) => api.extend(one), plain);
  const emptyLayers = names.map((name) => layer({ name })());
  const places = [atGate(), onWire(), atVerdict(), ...emptyLayers.slice(3)];
  const withoutTimeout = [retry(), idempotency(), rateLimit(), schema(contracts), otel()];
  return {
    'plain ky': plain,
    'plain ky, six inert fragments': extended(names.map(inert)),
    'core, six empty layers': extended(emptyLayers),
    'core, six layers at three places': extended(places),
    '  and totalTimeout of ky': extended([...places, { totalTimeout: 30_000 }]),
    'the six hooks': extended([...withoutTimeout, timeout()]),
    '  bodies unbounded': extended([...withoutTimeout, timeout({ body: false })]),
  };
}
