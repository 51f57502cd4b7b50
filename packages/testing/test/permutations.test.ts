import type { KyInstance } from 'ky';
import { describe, expect, test } from 'vitest';
import { layers, type Ledger } from './layers.ts';
import { scripts } from './scripts.ts';
import { play } from './world.ts';

function* permutations<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length < 2) yield items;
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

const names = Object.keys(layers);
const orders = [...permutations(names)];

const chained =
  (order: readonly string[]) =>
  (bare: KyInstance, ledger: Ledger): KyInstance =>
    order.reduce((api, name) => api.extend(layers[name]!(ledger)), bare);

describe(`every order of chaining ${names.join(', ')} does the same`, () => {
  for (const [name, script] of Object.entries(scripts)) {
    test(name, async () => {
      const expected = await play(script, chained(names));
      expect(expected.left).toEqual({ timers: 0, permits: 0, waiting: 0, unread: 0 });
      for (const order of orders) {
        expect(await play(script, chained(order)), order.join(' → ')).toEqual(expected);
      }
    });
  }
});
