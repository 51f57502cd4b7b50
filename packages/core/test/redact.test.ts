import { expect, test } from 'vitest';
import { redactUrl } from '../src/redact.ts';

test.each([
  ['https://u:p@www.example.com/', 'https://REDACTED:REDACTED@www.example.com/'],
  ['https://u@www.example.com/a@b', 'https://REDACTED:REDACTED@www.example.com/a@b'],
  ['https://e.com/a@b?x=y@z', 'https://e.com/a@b?x=y@z'],
  ['https://e.com/p?color=blue&sig=abc', 'https://e.com/p?color=blue&sig=REDACTED'],
  ['https://e.com/p?Sig=abc&SIGNATURE=x', 'https://e.com/p?Sig=abc&SIGNATURE=x'],
  [
    'https://e.com/?X-Amz-Signature=a&X-Amz-Credential=b&X-Amz-Date=c',
    'https://e.com/?X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Date=c',
  ],
  ['https://e.com/?sig=a&sig=b&q=x%20y', 'https://e.com/?sig=REDACTED&sig=REDACTED&q=x%20y'],
  ['s3://key:secret@bucket/x', 's3://REDACTED:REDACTED@bucket/x'],
  [
    'https://e.com/?AWSAccessKeyId=a&Signature=b&X-Goog-Signature=c&X-Amz-Security-Token=d&e=f',
    'https://e.com/?AWSAccessKeyId=REDACTED&Signature=REDACTED&X-Goog-Signature=REDACTED&X-Amz-Security-Token=REDACTED&e=f',
  ],
  ['/relative?sig=a', '/relative?sig=REDACTED'],
  ['/relative?sig&sig=a?sig=b&a?sig=c&=d#sig', '/relative?sig&sig=REDACTED&a?sig=c&=d#sig'],
  ['', ''],
])('%s', (url, expected) => {
  expect(redactUrl(url)).toBe(expected);
});

test('an own list replaces the keys', () => {
  expect(redactUrl('https://e.com/?sig=a&token=b', ['token'])).toBe('https://e.com/?sig=a&token=REDACTED');
});

test('takes time in proportion to the length', () => {
  const long = `https://e.com/?${'a'.repeat(100_000)}&${'sig='.repeat(20_000)}`;
  expect(redactUrl(long)).toHaveLength(redactUrl(long).length);
  expect(redactUrl('@'.repeat(100_000))).toHaveLength(100_000);
  expect(redactUrl('?'.repeat(500_000))).toHaveLength(500_000);
});
