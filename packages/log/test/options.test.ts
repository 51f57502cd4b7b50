import { explain, isOptionsError } from '@kyhooks/core';
import ky from 'ky';
import { describe, expect, test } from 'vitest';
import { log, logDefaults, type LogOptions } from '../src/index.ts';

function faultsOf(options: unknown): string[] {
  try {
    log(options as LogOptions);
    return [];
  } catch (error) {
    if (isOptionsError(error))
      return error.faults.map(({ option, rule, value }) => `${option} ${rule}, got ${value}`);
    throw error;
  }
}

test('pins the defaults', () => {
  expect(logDefaults).toEqual({ sample: 1, attempts: false, requestId: false });
});

describe('options', () => {
  const nothing = (): void => undefined;
  const methods = { debug: nothing, info: nothing, warn: nothing, error: nothing };

  test.each<[string, LogOptions | false | undefined]>([
    ['none', undefined],
    ['no layer', false],
    [
      'a function as logger, and the smallest values',
      { logger: nothing, sample: 0, slow: 0, attempts: false, requestId: false },
    ],
    [
      'an object as logger, and the largest values',
      { logger: methods, sample: 1, slow: 2_147_483_647, attempts: true, requestId: true },
    ],
    ['functions', { level: () => 'info', fields: () => ({}), createRequestId: () => 'a' }],
    ['values in their place', { level: 'debug', fields: { a: 1 }, requestId: 'X-Correlation-ID' }],
  ])('that are valid: %s', (_, options) => {
    expect(faultsOf(options)).toEqual([]);
  });

  test('that are not valid are reported all together', () => {
    expect(
      faultsOf({
        logger: null,
        level: 'loud',
        fields: 'a',
        slow: -1,
        sample: 2,
        attempts: 1,
        requestId: '',
        createRequestId: 'a',
        format: 'json',
      }),
    ).toEqual([
      'logger must be a function or a logger with the methods debug, info, warn and error, got null',
      'level must be one of "debug", "info", "warn", "error" or a function, got "loud"',
      'fields must be a function or an object, got "a"',
      'slow must be a number of milliseconds from 0 to 2147483647, got -1',
      'sample must be a number from 0 to 1, got 2',
      'attempts must be one of true, false, got 1',
      'requestId must be one of true, false or the name of a header, got ""',
      'createRequestId must be a function, got "a"',
      'format is not an option (known: logger, level, fields, slow, sample, attempts, requestId, createRequestId), got a string',
    ]);
  });

  test.each([
    ['logger', { info: nothing }],
    ['logger', { ...methods, warn: 'warn' }],
    ['logger', 'console'],
    ['fields', null],
    ['sample', -0.1],
    ['sample', Number.NaN],
    ['sample', '0.5'],
    // Asked for it, a request would throw, and the call would fail.
    ['requestId', 'x id'],
    ['requestId', 'идентификатор'],
  ])('%s may not be %o', (option, value) => {
    expect(faultsOf({ [option]: value })).toHaveLength(1);
  });

  test('are explained, with the defaults', () => {
    expect(explain(ky.extend(log({ slow: 500 }))).layers).toEqual([
      {
        name: 'log',
        stages: ['gate: prepare', 'wire: observe', 'settled'],
        options: { sample: '1', attempts: 'false', requestId: 'false', slow: '500' },
      },
    ]);
  });
});
