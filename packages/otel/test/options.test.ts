import { explain, isOptionsError } from '@kyhooks/core';
import ky from 'ky';
import { describe, expect, test } from 'vitest';
import { otel, otelDefaults, type OtelOptions } from '../src/index.ts';

function faultsOf(options: unknown): string[] {
  try {
    otel(options as OtelOptions);
    return [];
  } catch (error) {
    if (isOptionsError(error))
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
}

test('pins the defaults', () => {
  expect(otelDefaults).toEqual({
    propagate: true,
    callSpan: false,
    headers: [],
    redact: [
      'AWSAccessKeyId',
      'Signature',
      'sig',
      'X-Goog-Signature',
      'X-Amz-Signature',
      'X-Amz-Credential',
      'X-Amz-Security-Token',
    ],
  });
});

describe('options', () => {
  test('that are valid', () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf(undefined)).toEqual([]);
    expect(faultsOf(false)).toEqual([]);
    for (const propagate of [true, false, ['https://api.test'], () => true]) {
      expect(
        faultsOf({ propagate, callSpan: true, headers: ['etag'], redact: [], attributes: () => ({}) }),
      ).toEqual([]);
    }
  });

  test('that are not valid are reported all together', () => {
    expect(
      faultsOf({
        tracerProvider: {},
        meterProvider: null,
        propagate: 'https://api.test',
        callSpan: 1,
        headers: ['x-id', 'Authorization'],
        redact: [''],
        attributes: {},
        spans: true,
      }),
    ).toEqual([
      '- tracerProvider must be an object with getTracer(), got an object',
      '- meterProvider must be an object with getMeter(), got null',
      '- propagate must be one of true, false or a function or an array of origins such as "https://api.example.com", got "https://api.test"',
      '- callSpan must be one of true, false, got 1',
      '- headers must be an array, each member the name of a header without credentials, got ["x-id", "Authorization"]',
      '- redact must be an array, each member a string that is not empty, got [""]',
      '- attributes must be a function, got an object',
      '- spans is not an option (known: tracerProvider, meterProvider, propagate, callSpan, headers, redact, attributes), got a boolean',
    ]);
  });

  test.each(['authorization', 'Proxy-Authorization', 'COOKIE', 'set-cookie'])('refuse to show %s', (name) => {
    expect(faultsOf({ headers: [name] })).toHaveLength(1);
  });

  test('show headers whose names only resemble those', () => {
    expect(
      faultsOf({ headers: ['x-authorization', 'cookie-policy', 'x-set-cookie', 'authorization-info'] }),
    ).toEqual([]);
  });

  test.each(['x id', 'x-id:', 'ключ', ' etag'])(
    'refuse the name of a header that there cannot be: %s',
    (name) => {
      // Asked for it, a response would throw, and the span would stay open.
      expect(faultsOf({ headers: [name] })).toHaveLength(1);
    },
  );

  test('are explained, with the defaults', () => {
    const { layers } = explain(ky.extend(otel({ headers: ['etag'] })));
    expect(layers).toEqual([
      {
        name: 'otel',
        stages: ['wire: observe', 'settled'],
        options: {
          propagate: 'true',
          callSpan: 'false',
          headers: '["etag"]',
          redact: expect.stringContaining('"sig"'),
        },
      },
    ]);
  });
});
