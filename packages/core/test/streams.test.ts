import { describe, expect, test } from 'vitest';
import { isStream, mayHideStream } from '../src/streams.ts';

describe('a body that flows once', () => {
  async function* generate(): AsyncGenerator<string> {
    yield 'a part';
  }
  test.each<[string, unknown, boolean]>([
    ['a stream', new ReadableStream(), true],
    ['an async iterable', generate(), true],
    ['a blob', new Blob(['text']), false],
    ['a form', new FormData(), false],
    ['bytes', new Uint8Array(1), false],
    ['text', 'text', false],
    ['null', null, false],
    ['nothing', undefined, false],
  ])('%s', (_, body, expected) => {
    expect(isStream(body)).toBe(expected);
  });

  test('is told from its own tag where a platform does not iterate streams', () => {
    const stream = Object.defineProperty(new ReadableStream(), Symbol.asyncIterator, { value: undefined });
    expect(isStream(stream)).toBe(true);
  });
});

test.each<[string, Parameters<typeof mayHideStream>[0], boolean]>([
  ['no method, no body', {}, true],
  ['a method that has a body', { method: 'post' }, true],
  ['one of its own', { method: 'TARGET' }, true],
  ['another of its own', { method: 'getAll' }, true],
  ['GET', { method: 'GET' }, false],
  ['head', { method: 'head' }, false],
  ['a body that is known', { method: 'post', body: 'text' }, false],
  ['json', { method: 'post', json: null }, false],
])('whether a Request may bring a stream along: %s', (_, options, expected) => {
  expect(mayHideStream(options)).toBe(expected);
});
