import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { parseOptions, UsageError } from '../src/options.ts';

function faultsOf(...argv: string[]): string[] {
  try {
    parseOptions(argv);
    return [];
  } catch (error) {
    if (error instanceof UsageError) return error.message.split('\n');
    throw error;
  }
}

describe('the options', () => {
  test('have defaults', () => {
    expect(parseOptions([])).toEqual({
      seed: 1,
      users: 1000,
      invoices: 200,
      faults: 'mixed',
      concurrency: 20,
      json: false,
      browser: false,
      report: 'demo-report.html',
    });
  });

  test('are read from the command line', () => {
    const argv = '--seed 7 --users 10 --invoices 0 --faults storm --concurrency 3 --json'.split(' ');
    expect(parseOptions(argv)).toEqual({
      seed: 7,
      users: 10,
      invoices: 0,
      faults: 'storm',
      concurrency: 3,
      json: true,
      browser: false,
    });
    expect(parseOptions(['--no-report']).report).toBeUndefined();
    expect(parseOptions(['--json', '--report', 'here.html']).report).toBe('here.html');
    const target = 'https://host/users/{id}?as={id}';
    expect(parseOptions(['--target', target, '--users', '5'])).toMatchObject({ target, users: 5 });
    expect(parseOptions(['--otlp', 'http://localhost:4318']).otlp).toBe('http://localhost:4318');
  });

  test('are refused all together', () => {
    expect(
      faultsOf(
        '--seed',
        '1e3',
        '--users',
        '0',
        '--invoices',
        '-1',
        '--concurrency',
        '2.5',
        '--faults',
        'bad',
      ),
    ).toEqual([
      'error: --seed must be a whole number from 0 to 9007199254740991, got "1e3"',
      'error: --users must be a whole number from 1 to 100000, got "0"',
      'error: --invoices must be a whole number from 0 to 100000, got "-1"',
      'error: --concurrency must be a whole number from 1 to 1000, got "2.5"',
      'error: --faults must be one of none, mixed, storm, stall, drop, drift, got "bad"',
    ]);
  });

  test.each([
    ['http://host/users/', 'error: --target must contain {id}, got "http://host/users/"'],
    ['ftp://host/{id}', 'error: --target must be an http or https URL, got "ftp://host/{id}"'],
    ['host/{id}', 'error: --target must be an http or https URL, got "host/{id}"'],
    [
      'http://me:secret@host/{id}',
      'error: --target must carry no user name or password: fetch refuses such URLs',
    ],
  ])('refuse the target %s', (target, message) => {
    expect(faultsOf('--target', target)).toEqual([message]);
  });

  test('refuse a receiver that is no URL', () => {
    expect(faultsOf('--otlp', 'localhost:4318')).toEqual([
      'error: --otlp must be an http or https URL, got "localhost:4318"',
    ]);
  });

  test('that script the built-in API are refused with a target', () => {
    expect(faultsOf('--target', 'http://host/{id}', '--seed', '1', '--faults', 'none')).toEqual([
      'error: --seed is for the built-in API and has no meaning with --target',
      'error: --faults is for the built-in API and has no meaning with --target',
    ]);
  });

  test.each([[['--user', '3']], [['--seed']], [['extra']]])('that are not known are refused: %j', (argv) => {
    expect(() => parseOptions(argv)).toThrow(CommanderError);
  });
});
