import { expect, test } from 'vitest';
import { once } from '../src/index.ts';

test('a function of options is asked once for each options object, whatever it gives', () => {
  const asked: object[] = [];
  const make = once((options: { readonly value: number | undefined }) => {
    asked.push(options);
    return options.value;
  });
  const one = { value: 1 };
  const none = { value: undefined };
  expect([make(one), make(none), make(one), make(none), make({ value: 1 })]).toEqual([
    1,
    undefined,
    1,
    undefined,
    1,
  ]);
  expect(asked).toEqual([one, none, { value: 1 }]);
});
