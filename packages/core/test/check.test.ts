import { expect, test } from 'vitest';
import {
  callback,
  duration,
  either,
  integer,
  isOptionsError,
  listOf,
  oneOf,
  OptionsError,
  type Rule,
  rules,
  shape,
  text,
} from '../src/index.ts';
import { show } from '../src/check.ts';

interface Options {
  readonly wait?: number;
  readonly limit?: number;
  readonly mode?: 'a' | 'b';
  readonly names?: readonly string[];
  readonly done?: () => void;
  readonly bound?: number | false;
  readonly token?: string;
}

const check = rules<Options>(
  {
    wait: duration(),
    limit: integer(0, 5),
    mode: oneOf('a', 'b'),
    names: listOf(text),
    done: callback,
    bound: either(duration(1), oneOf(false)),
    token: { text: 'a token', test: (value) => value === 'good', secret: true },
  },
  ({ wait = 0, limit = 0 }) =>
    wait < limit ? [{ option: 'wait', rule: 'must not be below limit', value: String(wait) }] : [],
);

const faultsOf = (options: unknown): unknown => {
  try {
    check('example', options as Options);
    return [];
  } catch (error) {
    return (error as OptionsError).faults.map(({ option, rule, value }) => `${option} ${rule}, got ${value}`);
  }
};

test('good options pass, and an undefined one counts as not given', () => {
  expect(
    faultsOf({
      wait: 5,
      limit: 5,
      mode: 'b',
      names: ['x'],
      done: () => undefined,
      bound: false,
      token: 'good',
    }),
  ).toEqual([]);
  expect(faultsOf({ wait: undefined, mode: undefined })).toEqual([]);
});

test('every fault is reported at once: option, rule, value', () => {
  expect(
    faultsOf({
      wait: Number.NaN,
      limit: 1.5,
      mode: 'c',
      names: ['x', ''],
      done: 5,
      bound: true,
      wiat: {},
      token: 'hunter2',
    }),
  ).toEqual([
    'wait must be a number of milliseconds from 0 to 2147483647, got NaN',
    'limit must be a whole number from 0 to 5, got 1.5',
    'mode must be one of "a", "b", got "c"',
    'names must be an array, each member a string that is not empty, got ["x", ""]',
    'done must be a function, got 5',
    'bound must be a number of milliseconds from 1 to 2147483647 or one of false, got true',
    'wiat is not an option (known: wait, limit, mode, names, done, bound, token), got an object',
    'token must be a token, got a string',
  ]);
});

test('rules across options are asked when each is right by itself', () => {
  expect(faultsOf({ wait: 1, limit: 2 })).toEqual(['wait must not be below limit, got 1']);
  expect(faultsOf({ wait: -1, limit: 2 })).toHaveLength(1);
});

test.each([
  [5, '5'],
  ['text', '"text"'],
  [null, 'null'],
  [[], '[]'],
  [true, 'true'],
])('options that are no object are refused: %s', (options, shown) => {
  expect(faultsOf(options)).toEqual([`the argument must be an object or false, got ${shown}`]);
});

test('bounds are allowed themselves', () => {
  for (const wait of [0, 0.5, 2_147_483_647]) expect(faultsOf({ wait })).toEqual([]);
  for (const wait of [-1, 2_147_483_648, Infinity, '5']) expect(faultsOf({ wait })).toHaveLength(1);
  for (const limit of [-1, 6, '5'])
    expect(faultsOf({ wait: 9, limit })).toEqual([
      `limit must be a whole number from 0 to 5, got ${show(limit)}`,
    ]);
  expect(faultsOf({ limit: 0 })).toEqual([]);
  expect(faultsOf({ names: [5] })).toHaveLength(1);
});

test('whether an option is a secret', () => {
  expect([check.isSecret('token'), check.isSecret('wait'), check.isSecret('unknown')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('a secret in a group, a list or a choice is not shown either', () => {
  const secret: Rule = { text: 'a token', test: () => false, secret: true };
  const hidden = rules<Record<'one' | 'group' | 'list' | 'choice', unknown>>({
    one: secret,
    group: shape({ token: secret, open: text }),
    list: listOf(secret),
    choice: either(text, secret),
  });
  const options = { one: 'hunter2', group: { token: 'hunter2', open: 5 }, list: ['hunter2'], choice: 7 };
  expect(() => hidden('hidden', options)).toThrow(
    /one must be a token, got a string\n.*group\.token must be a token, got a string\n.*group\.open must be .*, got 5\n.*list must be .*, got an array of 1\n.*choice must be .*, got a number$/,
  );
  expect(['one', 'group', 'list', 'choice'].map((option) => hidden.isSecret(option))).toEqual(
    Array.from({ length: 4 }, () => true),
  );
});

test.each<[value: unknown, shown: string]>([
  ['x'.repeat(40), `"${'x'.repeat(40)}"`],
  ['x'.repeat(41), `"${'x'.repeat(40)}…"`],
  [[1, 2, 3, 4, 5, 6, 7, 8], '[1, 2, 3, 4, 5, 6, 7, 8]'],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9], 'an array of 9'],
  [12n, '12'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Symbol('s'), 'a symbol'],
  [() => undefined, 'a function'],
  [{ a: 1 }, 'an object'],
])('how a value is shown: %o', (value, shown) => {
  expect(show(value)).toBe(shown);
});

test('keys of Object.prototype are no options', () => {
  expect(faultsOf(JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3}'))).toHaveLength(3);
});

test('the error is a TypeError with a code and a readable message', () => {
  const error = new OptionsError('example', [{ option: 'wait', rule: 'must be less', value: '5' }]);
  expect(error).toMatchObject({ name: 'OptionsError', code: 'INVALID_OPTIONS', layer: 'example' });
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toBe('example() was given options that are not valid:\n  - wait must be less, got 5');
  expect(() => check('example', { wait: -1, limit: -1 })).toThrow(
    /^example\(\) was given options that are not valid:\n {2}- wait must be [^,]+, got -1\n {2}- limit must be [^,]+, got -1$/,
  );
  expect([isOptionsError(error), isOptionsError(new Error('other')), isOptionsError(undefined)]).toEqual([
    true,
    false,
    false,
  ]);
});

test('reports what is wrong in a group by its dotted name', () => {
  interface Grouped {
    readonly queue?: { readonly limit?: number; readonly timeout?: number } | false;
  }
  const group = shape({ limit: integer(0), timeout: duration() });
  const grouped = rules<Grouped>({ queue: either(group, oneOf(false)) });
  const faultsIn = (queue: unknown): unknown => {
    try {
      grouped('grouped', { queue } as Grouped);
      return [];
    } catch (error) {
      return (error as OptionsError).faults.map(
        ({ option, rule, value }) => `${option} ${rule}, got ${value}`,
      );
    }
  };
  expect(faultsIn({ limit: 2, timeout: undefined })).toEqual([]);
  expect(faultsIn(false)).toEqual([]);
  expect(faultsIn({ limit: -1, timeout: 'soon', size: 1 })).toEqual([
    'queue.limit must be a whole number from 0 up, got -1',
    'queue.timeout must be a number of milliseconds from 0 to 2147483647, got "soon"',
    'queue.size is not an option (known: limit, timeout), got a number',
  ]);
  const list = rules<Grouped>({ queue: listOf(group) });
  expect(() => list('list', { queue: [{ limit: 1 }] as never })).not.toThrow();
  const turned = rules<Grouped>({ queue: either(oneOf(false), group) });
  expect(() => turned('turned', { queue: { limit: -1 } })).toThrow('queue.limit must be a whole number');
  expect(faultsIn(7)).toEqual(['queue must be an object of limit, timeout or one of false, got 7']);
});

test('a list within a list is told by its length: it may be long, or be the list itself', () => {
  const endless: unknown[] = [];
  endless.push(endless, 1);
  expect(faultsOf({ limit: endless })).toEqual([
    'limit must be a whole number from 0 to 5, got [an array of 2, 1]',
  ]);
});
