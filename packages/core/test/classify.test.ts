import { NetworkError } from 'ky';
import { expect, test } from 'vitest';
import { errorCode, isTransient, isUnprocessed } from '../src/classify.ts';

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
  [
    'the words of what fetch refuses',
    fetchFailed(new Error('redirect count exceeded')),
    'redirect count exceeded',
  ],
  ['no words of anybody else', new TypeError('x', { cause: new Error('my secret words') }), 'Error'],
  ['no more than a few plain words', fetchFailed(new Error('Bearer: a-token')), 'Error'],
  ['a name alone', new DOMException('', 'AbortError'), 'AbortError'],
  ['a cause that points back', circular, 'Error'],
  ['a code that says nothing', coded('', { cause: coded('EPIPE') }), 'EPIPE'],
  ['a name that says nothing', Object.assign(new TypeError('x'), { name: '' }), 'object'],
  ['a name that is no text', Object.assign(new TypeError('x'), { name: 5 }), 'object'],
  ['null', null, 'object'],
  ['a string', 'text', 'string'],
  ['nothing', undefined, 'undefined'],
])('the short name of a failure: %s', (_, error, expected) => {
  expect(errorCode(error)).toBe(expected);
});

const network = (cause?: unknown): NetworkError =>
  new NetworkError(new Request('https://e.com/'), { cause: fetchFailed(cause) });

test.each([
  [network(coded('ECONNRESET')), true],
  [network(coded('ETIMEDOUT')), true],
  [network(coded('ERR_HTTP2_STREAM_ERROR')), true],
  [network(coded('SOME_FUTURE_CODE')), true],
  [network(), true],
  [network(new Error('bad port')), false],
  [network(new Error('URL scheme must be a HTTP(S) scheme')), false],
  [network(coded('CERT_HAS_EXPIRED')), false],
  [network(coded('ERR_TLS_CERT_ALTNAME_INVALID')), false],
  [network(coded('ERR_SSL_WRONG_VERSION_NUMBER')), false],
  [network(coded('EPROTO')), false],
  [network(coded('INVALID_CA')), false],
  [network(coded('ERR_INVALID_URL')), false],
  [network(coded('UND_ERR_REQ_CONTENT_LENGTH_MISMATCH')), false],
  [network(coded('UND_ERR_HEADERS_OVERFLOW')), false],
  [network(coded('UND_ERR_RES_EXCEEDED_MAX_SIZE')), false],
  [coded('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), true],
  [coded('UND_ERR_SOCKET'), true],
  [coded('UND_ERR_INFO'), true],
  [coded('EAI_AGAIN'), true],
  [coded('MY_ECONNRESET'), false],
  [network(coded('MY_CERT_EXPIRED')), true],
  [new TypeError('x is not a function'), false],
  [new SyntaxError('Unexpected token'), false],
  [new DOMException('', 'AbortError'), false],
])('whether a failure may pass: %s', (error, expected) => {
  expect(isTransient(error)).toBe(expected);
});

test.each([
  [network(coded('ECONNREFUSED')), true],
  [network(coded('ENOTFOUND', { syscall: 'getaddrinfo' })), true],
  [network(coded('EAI_AGAIN')), true],
  [network(coded('EHOSTUNREACH')), true],
  [network(coded('EHOSTUNREACH', { syscall: 'read' })), false],
  [network(coded('ENETDOWN')), true],
  [network(coded('UND_ERR_CONNECT_TIMEOUT')), true],
  [network(coded('UND_ERR_CLOSED')), true],
  [network(coded('UND_ERR_DESTROYED')), false],
  [network(coded('ETIMEDOUT')), false],
  [network(coded('ETIMEDOUT', { syscall: 'connect' })), true],
  [network(coded('ETIMEDOUT', { syscall: 'read' })), false],
  [network(new AggregateError([coded('ETIMEDOUT', { syscall: 'connect' }), coded('ENETUNREACH')])), true],
  [network(new AggregateError([coded('ECONNREFUSED'), coded('ECONNRESET')])), false],
  [network(new AggregateError([])), false],
  [
    network(
      coded('ERR_HTTP2_STREAM_ERROR', {
        message: 'Stream closed with error code NGHTTP2_REFUSED_STREAM',
      }),
    ),
    true,
  ],
  [
    network(
      coded('ERR_HTTP2_STREAM_ERROR', {
        message: 'Stream closed with error code NGHTTP2_INTERNAL_ERROR',
      }),
    ),
    false,
  ],
  [network(coded('ERR_HTTP2_GOAWAY_SESSION')), true],
  [network(coded('ECONNRESET')), false],
  [network(coded('EPIPE')), false],
  [network(coded('UND_ERR_SOCKET')), false],
  [network(coded('UND_ERR_HEADERS_TIMEOUT')), false],
  [network(), false],
  [coded('', { cause: coded('ECONNREFUSED') }), true],
  [network(coded('MY_ECONNREFUSED')), false],
  [circular, false],
  [null, false],
  ['text', false],
  [undefined, false],
])('whether the server surely has not acted: %s', (error, expected) => {
  expect(isUnprocessed(error)).toBe(expected);
});

test('a message that is no text says nothing', () => {
  expect(isUnprocessed({ code: 'ERR_HTTP2_STREAM_ERROR', message: { toString: null } })).toBe(false);
});

test('what throws when it is looked at is known by what was seen before', () => {
  const hostile = {
    get code(): string {
      throw new RangeError('do not look');
    },
  };
  expect(errorCode(hostile)).toBe('object');
  expect(errorCode(new TypeError('fetch failed', { cause: hostile }))).toBe('TypeError');
  expect(errorCode(new TypeError('fetch failed', { cause: { message: { toString: null } } }))).toBe(
    'TypeError',
  );
});
