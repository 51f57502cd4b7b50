import type { KyInstance } from 'ky';
import { describe, expect, test } from 'vitest';
import { layers, type Ledger } from './layers.ts';
import { scripts } from './scripts.ts';
import { play } from './world.ts';

function* permutations<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

/** Orders drawn by chance, the same ones each time. */
function* shuffles<Item>(items: readonly Item[], count: number): Generator<readonly Item[]> {
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let drawn = 0; drawn < count; drawn++) {
    yield items
      .map((item) => ({ item, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
}

const names = Object.keys(layers);
/** All orders of six layers are 720; of more than six some are drawn. */
const orders = names.length <= 6 ? [...permutations(names)] : [...shuffles(names, 200)];

const chained =
  (order: readonly string[]) =>
  (bare: KyInstance, ledger: Ledger): KyInstance =>
    order.reduce((api, name) => api.extend(layers[name]!(ledger)), bare);

describe(`${orders.length} orders of chaining ${names.join(', ')} do the same`, () => {
  for (const [name, script] of Object.entries(scripts)) {
    test(name, { timeout: 60_000 }, async () => {
      const expected = await play(script, chained(names));
      expect(expected.left).toEqual({ timers: 0, permits: 0, waiting: 0, spans: 0, unread: 0 });
      for (const order of orders) {
        expect(await play(script, chained(order)), order.join(' → ')).toEqual(expected);
      }
    });
  }
});
