import { describe, expect, test } from 'vitest';
import { allows, origins } from '../src/origins.ts';

describe('allows', () => {
  const table: readonly [string, ...Parameters<typeof allows>, boolean][] = [
    ['nothing said', undefined, 'https://a.test/x', undefined, true],
    ["the instance's origin", undefined, 'https://a.test/x', 'https://a.test/v1/', true],
    ['another origin than the instance', undefined, 'https://b.test/x', 'https://a.test/v1/', false],
    ['a baseUrl given as URL', undefined, 'https://a.test/x', new URL('https://a.test'), true],
    ['a listed origin', ['https://a.test'], 'https://a.test/x?y', 'https://b.test', true],
    ['a default port', ['https://a.test:443/'], 'https://a.test/x', undefined, true],
    ['another port', ['https://a.test'], 'https://a.test:8443/x', undefined, false],
    ['another scheme', ['https://a.test'], 'http://a.test/x', undefined, false],
    ['a name that only begins alike', ['https://a.test'], 'https://a.test.evil.test/x', undefined, false],
    ['a user that looks like a host', ['https://a.test'], 'https://a.test@evil.test/x', undefined, false],
    ['an empty list', [], 'https://a.test/x', undefined, false],
    ['a function', ({ pathname }: URL) => pathname === '/x', 'https://a.test/x', undefined, true],
    ['a function that says no', () => false, 'https://a.test/x', undefined, false],
    ['no URL', undefined, 'not a url', undefined, false],
  ];
  for (const [name, allowed, url, base, expected] of table) {
    test(name, () => expect(allows(allowed, url, base)).toBe(expected));
  }

  test('a function that throws allows nothing', () => {
    const throwing = (): never => {
      throw new Error('mine');
    };
    expect(allows(throwing, 'https://a.test/')).toBe(false);
  });
});

describe('the rule of the option', () => {
  const table: readonly [unknown, boolean][] = [
    [[], true],
    [['https://a.test', 'http://b.test:8080'], true],
    [() => true, true],
    [['https://a.test/v1'], false],
    [['https://user@a.test'], false],
    [['a.test'], false],
    [['data:,x'], false],
    [['ftp://a.test'], false],
    [[new URL('https://a.test')], false],
    [[7], false],
    ['https://a.test', false],
  ];
  for (const [value, expected] of table) {
    test(`${String(value)} is ${expected ? 'right' : 'wrong'}`, () =>
      expect(origins.test(value)).toBe(expected));
  }
});
