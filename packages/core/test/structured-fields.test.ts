import { expect, test } from 'vitest';
import { parseDictionary, parseList } from '../src/structured-fields.ts';

const value = (text: string): unknown => parseList(text)?.[0]?.value;

test.each([
  [String.raw`"foo \"bar\" \\ baz"`, String.raw`foo "bar" \ baz`],
  ['""', ''],
  ['1', 1],
  ['-15', -15],
  ['1.5', 1.5],
  ['123456789012.125', 123_456_789_012.125],
  ['999999999999999', 999_999_999_999_999],
  ['default', { token: 'default' }],
  ['*a/b:c', { token: '*a/b:c' }],
  ['?1', true],
  ['?0', false],
  ['@1767225600', 1_767_225_600],
  ['%"f%c3%bc"', 'fü'],
  [':dHJpYWwxMjEzMjM=:', new TextEncoder().encode('trial121323')],
  [':dHJpYWwxMjEzMjM:', new TextEncoder().encode('trial121323')],
  ['  1  ', 1],
])('%s', (text, expected) => {
  expect(value(text)).toEqual(expected);
});

test.each([
  "'foo'",
  '"foo',
  '"füü"',
  String.raw`"foo \,"`,
  '"a\tb"',
  '',
  '1,',
  ',1',
  '1 2',
  '1000000000000000',
  '1.',
  '1.2345',
  '1.2.3',
  '1234567890123.4',
  '--1',
  '?2',
  '@1.5',
  '@1234567890123456',
  '%"%c"',
  '%"f%C3"',
  '%"%ff"',
  ':a:',
  ':a!:',
  '("a" "b")',
  '1;',
  '1;A=1',
  '1;a=',
  '1 ;a=1',
  '\u00e9',
])('no list: %s', (text) => {
  expect(parseList(text)).toBeUndefined();
});

test('members and parameters', () => {
  expect(parseList('"a";x=1; y;x=2 ,\t"b"')).toEqual([
    {
      value: 'a',
      params: new Map<string, unknown>([
        ['x', 2],
        ['y', true],
      ]),
    },
    { value: 'b', params: new Map() },
  ]);
});

test('a long list', () => {
  expect(parseList(Array.from({ length: 1_024 }, (_, index) => index).join(', '))).toHaveLength(1_024);
});

test('dictionaries', () => {
  expect(parseDictionary('limit=100, remaining=50;x, flag;y=1')).toEqual(
    new Map([
      ['limit', { value: 100, params: new Map() }],
      ['remaining', { value: 50, params: new Map([['x', true]]) }],
      ['flag', { value: true, params: new Map([['y', 1]]) }],
    ]),
  );
  expect(parseDictionary('Limit=1')).toBeUndefined();
  expect(parseDictionary('limit=1,')).toBeUndefined();
  expect(parseDictionary('limit= 1')).toBeUndefined();
});
