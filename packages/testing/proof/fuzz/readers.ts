import assert from 'node:assert/strict';
import { errorCode, isTransient, isUnprocessed } from '@kyhooks/core/classify';
import { allows, origins } from '@kyhooks/core/origins';
import { redactUrl, signatureKeys } from '@kyhooks/core/redact';
import { fillTemplate, pathBelow, route, RouteTable, templateFault } from '@kyhooks/core/route';
import { parseRetryAfter, readServerTiming, type Quota } from '@kyhooks/core/server-timing';
import { isStream, mayHideStream } from '@kyhooks/core/streams';
import { isOptionsError } from '@kyhooks/core';
import fc from 'fast-check';
import { expiryOf } from '../../../auth/src/expiry.ts';
import { parseHttpDate } from '../../../core/src/http-date.ts';
import { parseRateLimit, parseRateLimitPolicy } from '../../../core/src/rate-limit-fields.ts';
import { parseDictionary, parseList } from '../../../core/src/structured-fields.ts';
import { read, written } from '../../../idempotency/src/key.ts';
import { parseLinks } from '../../../result/src/link-header.ts';
import { describeIssues } from '../../../schema/src/issues.ts';
import { unknownKeys } from '../../../schema/src/unknown-keys.ts';
import { whyNoJson } from '../../../schema/src/why-no-json.ts';
import { anyValue, jsonValue, textOf } from './arbitrary.ts';
import type { Subject } from './subject.ts';

const dates = ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'];
const dateText = textOf(...dates, 'Mon, ', '30 Feb ', '2026', ' 23:59:60', ' GMT', '-', '  ');
const fieldText = textOf(
  '"',
  '\\',
  '\\"',
  ',',
  ';',
  '=',
  ' ',
  '\t',
  ':',
  '?1',
  '@',
  '%"',
  '%e2',
  '(',
  'a',
  'r=',
  ';t=',
  ';pk=:',
  'limit=',
  'remaining=',
  'reset=',
  '100',
  '-',
  '.',
  '"default"',
  ';w=60',
  ';q=',
);
const linkText = textOf(
  '<',
  '>',
  '"',
  '\\',
  '\\"',
  ';',
  ',',
  ' ',
  'rel',
  '=',
  'next',
  'rel="next"',
  'https://api.test/?page=2',
  "title*=UTF-8''",
);
const urlText = textOf(
  'https://',
  'http:',
  '//',
  'user:secret@',
  '@',
  ':',
  '/',
  '\\',
  '?',
  '&',
  '#',
  '=',
  'sig=',
  'Signature=',
  'x',
  'X-Amz-Signature=',
  '%40',
  'api.test',
);
const pathText = textOf(
  '/',
  ':',
  '*',
  'id',
  'users',
  '.',
  '..',
  '%2e',
  '%2F',
  '__proto__',
  'constructor',
  '?',
  '#',
  '\\',
  ' ',
);

const pauseNames = ['retry-after', 'retry-after-ms', 'x-amz-retry-after'];
const quotaNames = [
  'ratelimit',
  'ratelimit-policy',
  ...['limit', 'remaining', 'reset', 'retry-after'].flatMap((name) => [
    `ratelimit-${name}`,
    `x-ratelimit-${name}`,
    `x-rate-limit-${name}`,
  ]),
];
const fieldNames = [...pauseNames, ...quotaNames, 'age', 'date', 'x-should-retry', 'stripe-should-retry'];

/** Header fields about time and quotas, of any content that a header can carry. */
export const timingFields: fc.Arbitrary<readonly (readonly [string, string])[]> = fc.array(
  fc.tuple(
    fc.constantFrom(...fieldNames),
    fc
      .oneof(
        fieldText,
        dateText,
        fc.nat().map(String),
        fc.constantFrom('true', 'false', '0', '9'.repeat(400)),
      )
      .map((value) => value.replaceAll(/[^ -~\t]/g, '')),
  ),
  { maxLength: 6 },
);

const isAmount = (value: number | undefined): boolean => value === undefined || value >= 0;

function checkQuotas(quotas: readonly Quota[] | undefined): void {
  for (const { limit, remaining, resetMs, windowMs, unit, field } of quotas ?? []) {
    assert(isAmount(limit) && isAmount(remaining) && isAmount(resetMs) && isAmount(windowMs));
    assert(typeof unit === 'string' && field !== '');
  }
}

const repeated = (text: string) => (size: number) => [text.repeat(size / text.length)] as const;
const within = (before: string, text: string, after: string) => (size: number) =>
  [before + text.repeat(size / text.length) + after] as const;

/** Whatever reads text or data that others have written. A function joins with a line here. */
export const readers: readonly Subject[] = [
  {
    name: 'retry-after',
    entries: ['./server-timing'],
    inputs: fc.tuple(fc.oneof(dateText, fieldText)),
    check(value: string) {
      assert(isAmount(parseRetryAfter(value, 0)));
    },
    long: [repeated('1'), within('Sun, ', '0', ' GMT')],
  },
  {
    name: 'server-timing',
    entries: ['./server-timing'],
    inputs: fc.tuple(fc.integer({ min: 200, max: 599 }), timingFields, anyValue),
    check(status: number, fields: [string, string][], data: unknown) {
      const { pauseMs, source, shouldRetry, quotas } = readServerTiming(
        { status, headers: new Headers(fields) },
        { now: 0, data },
      );
      assert(isAmount(pauseMs) && (pauseMs === undefined) === (source === undefined));
      assert(shouldRetry === undefined || typeof shouldRetry === 'boolean');
      checkQuotas(quotas);
    },
  },
  {
    name: 'rate-limit-fields',
    entries: ['./server-timing'],
    inputs: fc.tuple(fieldText),
    check(value: string) {
      checkQuotas(parseRateLimit(value));
      checkQuotas(parseRateLimitPolicy(value));
    },
    long: [
      repeated('"a";r=1,'),
      repeated('a=1,'),
      within('"a"', ';b', ''),
      within('"a"', ' ', 'b'),
      within('"', '\\"', ''),
    ],
  },
  {
    name: 'structured-fields',
    entries: ['./server-timing'],
    inputs: fc.tuple(fieldText),
    check(value: string) {
      for (const { params } of parseList(value) ?? []) assert(params instanceof Map);
      assert(parseDictionary(value) === undefined || parseDictionary(value) instanceof Map);
      // What is quoted is read as it was.
      const text = value.replaceAll(/[^ -~]/g, '');
      assert.equal(parseList(`"${text.replaceAll(/["\\]/g, '\\$&')}"`)?.[0]?.value, text);
    },
    long: [
      repeated('a,'),
      repeated('a;'),
      within('a', ' ', 'b'),
      within(':', 'A', ''),
      within('%"', '%e2', '"'),
      within('a', '\t', ',b'),
    ],
  },
  {
    name: 'http-date',
    entries: ['./server-timing'],
    inputs: fc.tuple(
      dateText,
      fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T23:59:59Z') }).map(Number),
    ),
    check(value: string, time: number) {
      const date = parseHttpDate(value, time);
      assert(date === undefined || Number.isInteger(date));
      assert.equal(parseHttpDate(new Date(time).toUTCString(), 0), time - (time % 1_000));
    },
    long: [(size) => ['Sun, '.repeat(size / 5), 0], (size) => [`Sun Nov ${' '.repeat(size)}`, 0]],
  },
  {
    name: 'link',
    inputs: fc.tuple(linkText),
    check(value: string) {
      for (const { target, relations } of parseLinks(value)) {
        assert(value.includes(target));
        assert(relations.every((relation) => relation !== '' && relation === relation.toLowerCase()));
      }
    },
    long: [
      repeated('<'),
      repeated('<a>\\"'),
      repeated('<a>;a="\\"'),
      repeated('<a>; rel="next", '),
      within('<a>', ';a="', ''),
      within('<a>;', ' ', 'a'),
      repeated('<a>"'),
    ],
  },
  {
    name: 'route',
    entries: ['./route'],
    inputs: fc.tuple(
      pathText,
      pathText,
      fc.dictionary(fc.constantFrom('id', '*', 'a', '__proto__'), fc.string()),
    ),
    check(template: string, path: string, params: Record<string, string>) {
      const fault = templateFault(template);
      try {
        route(template);
        assert.equal(fault, undefined);
      } catch (error) {
        assert(isOptionsError(error) && fault !== undefined);
      }
      if (fault !== undefined) return;
      const table = new RouteTable<number>();
      table.add(template, 1);
      table.find(path);
      let filled: string;
      try {
        filled = fillTemplate(template, params);
      } catch (error) {
        // Missing or empty, or a lone surrogate, which no URL can carry.
        assert(error instanceof TypeError || error instanceof URIError);
        return;
      }
      const { pathname } = new URL(`https://api.test${filled}`);
      assert.equal(table.find(pathname)?.template, template);
    },
    long: [
      (size) => ['/a/:id', '/a'.repeat(size / 2), {}],
      (size) => [`/${':a/'.repeat(size / 3)}`, '/', {}],
      (size) => ['/a'.repeat(500), '/a'.repeat(size / 2), {}],
    ],
  },
  {
    name: 'path-below',
    entries: ['./route'],
    inputs: fc.tuple(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.constantFrom('https://api.test/', 'https://api.test/v1/', 'https://api.test/v1'),
      pathText,
    ),
    check(url: string, baseUrl: string, path: string) {
      const { href, pathname } = new URL(url);
      assert.equal(pathBelow(href, {}), pathname);
      const below = pathBelow(new URL(`.${path.replaceAll(/[?#\\]/g, '')}`, baseUrl).href, { baseUrl });
      assert(below === undefined || below.startsWith('/'));
    },
  },
  {
    name: 'redact',
    entries: ['./redact'],
    inputs: fc.tuple(urlText),
    check(url: string) {
      const safe = redactUrl(url);
      assert.equal(redactUrl(safe), safe);
      if (!URL.canParse(url)) return;
      const { username, password, searchParams } = new URL(redactUrl(new URL(url).href));
      assert([username, password].every((secret) => ['', 'REDACTED'].includes(secret)));
      for (const key of signatureKeys)
        assert(searchParams.getAll(key).every((value) => ['', 'REDACTED'].includes(value)));
    },
    long: [
      repeated('@'),
      repeated('https://'),
      repeated('?sig=a'),
      within('https://', 'a', ''),
      repeated('&'),
      repeated('='),
    ],
  },
  {
    name: 'origins',
    entries: ['./origins'],
    inputs: fc.tuple(anyValue, urlText, urlText),
    check(option: unknown, url: string, base: string) {
      assert.equal(typeof origins.test(option), 'boolean');
      assert.equal(typeof allows(undefined, url, base), 'boolean');
      const allowed = allows([base], url);
      if (allowed) assert.equal(new URL(url).origin, new URL(base).origin);
    },
  },
  {
    name: 'classify',
    entries: ['./classify'],
    inputs: fc.tuple(fc.oneof(anyValue, jsonValue)),
    check(error: unknown) {
      assert.equal(typeof errorCode(error), 'string');
      assert.equal(typeof isUnprocessed(error), 'boolean');
      assert.equal(typeof isTransient(Object.assign(new Error('any'), { cause: error })), 'boolean');
    },
  },
  {
    name: 'streams',
    entries: ['./streams'],
    inputs: fc.tuple(anyValue),
    check(body: unknown) {
      assert.equal(typeof isStream(body), 'boolean');
      assert.equal(typeof mayHideStream({ body: body as never }), 'boolean');
    },
  },
  {
    name: 'expiry',
    inputs: fc.tuple(
      fc.oneof(
        textOf('.', 'eyJleHAiOjF9', '-', '_', '='),
        jsonValue.map((payload) => `a.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.b`),
      ),
    ),
    check(token: string) {
      assert(!Number.isNaN(expiryOf(token)));
    },
    long: [repeated('.'), within('a.', '-', '.b'), within('a.', 'e30', '.b')],
  },
  {
    name: 'idempotency-key',
    inputs: fc.tuple(textOf('"', '\\', 'a', ' ', '\\"')),
    check(value: string) {
      read(value, 'quoted');
      assert.equal(read(written(value, 'quoted'), 'quoted'), value);
      assert.equal(read(written(value, 'raw'), 'raw'), value);
    },
    long: [within('"', '\\"', ''), within('"', 'a', ''), repeated('"')],
  },
  {
    name: 'json',
    inputs: fc.tuple(textOf('{', '}', '[', ']', '"', '\\', ':', ',', '1', 'null', '\0', '\uFEFF', '\uFFFD')),
    check(text: string) {
      assert(['encoding', 'truncated', 'malformed'].includes(whyNoJson(text)));
      // What parses is whole; without its end it is cut off, or another text that parses.
      const whole = JSON.stringify({ a: [text] });
      if (!text.includes('\0')) assert.equal(whyNoJson(whole.slice(0, -1)), 'truncated');
    },
    long: [repeated('{'), repeated('"'), repeated('\\'), within('{"', '\\', '')],
  },
  {
    name: 'unknown-keys',
    inputs: fc.tuple(jsonValue, jsonValue),
    check(came: unknown, kept: unknown) {
      const found = unknownKeys(came, kept);
      assert(found.length <= 20 && found.every((path) => path.length > 0));
      assert.deepEqual(unknownKeys(came, came), []);
    },
  },
  {
    name: 'issues',
    inputs: fc.tuple(
      fc.array(fc.oneof(fc.string(), fc.nat(), fc.constantFrom('__proto__', 'constructor'))),
      fc.string(),
      jsonValue,
    ),
    check(path: PropertyKey[], message: string, data: unknown) {
      const [issue] = describeIssues([{ path, message }], data, false);
      assert.deepEqual(issue!.keys, path);
      assert(!('value' in issue!));
    },
  },
];
