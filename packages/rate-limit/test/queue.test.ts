import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Queue } from '../src/queue.ts';

interface Item {
  readonly name: number;
  readonly rank: number;
  readonly since: number;
}

describe('the queue', () => {
  test('gives out by rank, then by time, then as they came', () => {
    const queue = new Queue<Item>();
    const items = [
      { name: 0, rank: 5, since: 2 },
      { name: 1, rank: 5, since: 1 },
      { name: 2, rank: 0, since: 9 },
      { name: 3, rank: 5, since: 1 },
    ];
    const leaves = items.map((item) => queue.push(item));
    const served = [1, 2, 3, 4, 5].map(() => {
      const next = queue.peek()?.name;
      if (next !== undefined) leaves[next]!();
      return next;
    });
    expect(served).toEqual([2, 1, 3, 0, undefined]);
  });

  test('knows who of some came last, whatever their rank', () => {
    const queue = new Queue<Item>();
    const leaves = [5, 0, 9, 1].map((rank, name) => queue.push({ name, rank, since: name }));
    expect(queue.last(({ rank }) => rank > 0)?.name).toBe(3);
    leaves[3]!();
    expect(queue.last(() => true)?.name).toBe(2);
    expect(queue.last(({ rank }) => rank > 9)).toBeUndefined();
  });

  test('does the same as a sorted list, whoever comes and leaves', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('come' as const), rank: fc.nat(3), since: fc.nat(5) }),
      fc.record({ do: fc.constant('leave' as const), which: fc.nat(80) }),
      fc.record({ do: fc.constant('serve' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const queue = new Queue<Item>();
        let model: Item[] = [];
        const leaves: (() => boolean)[] = [];
        const seen: unknown[] = [];
        const expected: unknown[] = [];
        for (const one of steps) {
          if (one.do === 'come') {
            const item = { name: leaves.length, rank: one.rank, since: one.since };
            leaves.push(queue.push(item));
            model.push(item);
            model.sort((a, b) => a.rank - b.rank || a.since - b.since || a.name - b.name);
          } else if (one.do === 'leave') {
            expected.push(model.some(({ name }) => name === one.which));
            seen.push(leaves[one.which]?.() ?? false);
            model = model.filter(({ name }) => name !== one.which);
          } else {
            const next = queue.peek();
            expected.push(model.shift());
            seen.push(next);
            if (next) leaves[next.name]!();
          }
          expected.push(model.length, model[0], new Set(model));
          seen.push(queue.size, queue.peek(), new Set(queue));
        }
        expect(seen).toEqual(expected);
      }),
    );
  });
});
