import { NetworkError } from 'ky';
import { expect, test } from 'vitest';
import { errorCode, isTransient } from '../src/classify.ts';

const coded = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code }, more);
const fetchFailed = (cause?: unknown): TypeError => new TypeError('fetch failed', { cause });
const circular = new Error('circular');
circular.cause = circular;

test.each([
  ['the code of a cause', fetchFailed(coded('ECONNRESET')), 'ECONNRESET'],
  [
    'the code of one of several addresses',
    fetchFailed(new AggregateError([coded('ECONNREFUSED')])),
    'ECONNREFUSED',
  ],
  [
    'the innermost name where there is no code',
    new NetworkError(new Request('https://e.com/'), { cause: fetchFailed() }),
    'TypeError',
  ],
  ['a name alone', new DOMException('', 'AbortError'), 'AbortError'],
  ['a cause that points back', circular, 'Error'],
  ['a string', 'text', 'string'],
  ['nothing', undefined, 'undefined'],
])('the short name of a failure: %s', (_, error, expected) => {
  expect(errorCode(error)).toBe(expected);
});

test.each([
  [new NetworkError(new Request('https://e.com/'), { cause: fetchFailed(coded('ECONNRESET')) }), true],
  [new NetworkError(new Request('https://e.com/'), { cause: fetchFailed() }), true],
  [new NetworkError(new Request('https://e.com/'), { cause: fetchFailed(coded('CERT_HAS_EXPIRED')) }), false],
  [
    new NetworkError(new Request('https://e.com/'), {
      cause: fetchFailed(coded('ERR_TLS_CERT_ALTNAME_INVALID')),
    }),
    false,
  ],
  [new NetworkError(new Request('https://e.com/'), { cause: fetchFailed(coded('ERR_INVALID_URL')) }), false],
  [coded('UND_ERR_SOCKET'), true],
  [coded('EAI_AGAIN'), true],
  [new TypeError('x is not a function'), false],
  [new SyntaxError('Unexpected token'), false],
])('whether a failure may pass: %s', (error, expected) => {
  expect(isTransient(error)).toBe(expected);
});
