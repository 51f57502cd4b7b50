import fc from 'fast-check';

/** Keys that lead to what all objects share, where they are taken for a path. */
const hostileKeys = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'then', 'toJSON'];

const key = fc.oneof(fc.constantFrom(...hostileKeys), fc.string({ maxLength: 8 }));

/** Any value at all, of the kinds that programs hand over by mistake. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.anything({
      key,
      maxDepth: 3,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      Symbol('any'),
      () => undefined,
      /x/,
      new Error('any'),
      new Proxy({}, {}),
      cyclic(),
      nested(),
    ),
  },
);

/** A list that contains itself. */
function cyclic(): unknown {
  const list: unknown[] = [];
  list.push(list, list);
  return list;
}

/** A small list that is huge when it is written out. */
function nested(): unknown {
  let list: unknown = 1;
  for (let depth = 0; depth < 40; depth++) list = [list, list];
  return list;
}

/** What JSON can hold, with keys that are hostile. */
export const jsonValue: fc.Arbitrary<unknown> = fc
  .oneof(fc.jsonValue({ maxDepth: 4 }), fc.dictionary(key, fc.jsonValue({ maxDepth: 2 })))
  // Only parsed it has `__proto__` for a key of its own.
  .map((value): unknown => JSON.parse(JSON.stringify(value)));

/** Text made of pieces of a grammar, in an order that the grammar does not foresee, and of anything. */
export function textOf(...pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
    { weight: 1, arbitrary: fc.string({ maxLength: 4, unit: 'binary' }) },
    { weight: 1, arbitrary: fc.nat().map(String) },
    { weight: 1, arbitrary: fc.double().map(String) },
  );
  return fc.array(piece, { maxLength: 16 }).map((parts) => parts.join(''));
}
