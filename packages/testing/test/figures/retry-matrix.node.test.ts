import { gate, layer, traceOf } from '@kyhooks/core';
import { retry } from '@kyhooks/retry';
import { networkError, type Reply, scriptedWire, type VirtualClock, virtualClock } from '@kyhooks/testing';
import ky, { type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { figure, markdownTable } from './table.ts';

let clock: VirtualClock;
beforeEach(() => void (clock = virtualClock()));
afterEach(() => clock.uninstall());

/** Whether ky throws statuses makes no difference. */
const throwing: readonly Options['throwHttpErrors'][] = [true, false, (status) => status > 450];
const idempotent = ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'QUERY'];
const others = ['POST', 'PATCH'];

/** A call of which the record says that it may be sent twice, as an idempotency key makes it. */
const replaySafe = layer({
  name: 'replaySafe',
  places: [gate({ stage: 'prepare', run: ({ call }) => void (call.replaySafe = true) })],
});

type Again = readonly [idempotent: boolean, other: boolean, otherButReplaySafe: boolean];
/** What the first request may meet, and whether it is then sent again. */
type Row = readonly [what: string, replies: readonly Reply[], again: Again, options?: Options];
const always: Again = [true, true, true];
const safely: Again = [true, false, true];
const never: Again = [false, false, false];

const after = (seconds: string): Pick<Reply, 'headers'> => ({ headers: { 'retry-after': seconds } });
const error = (code: string, message?: string): Reply => {
  const failed = networkError(code);
  if (message) (failed.cause as Error).message = message;
  return { error: failed };
};

const status = (...codes: number[]): Reply[] => codes.map((code) => ({ status: code }));

const statuses: readonly Row[] = [
  ['400, 404, 409, 410, 422', status(404, 400, 409, 410, 422), never],
  ['401', status(401), never],
  ['403', status(403), never],
  ['403 with a pause', [{ status: 403, ...after('1') }], safely],
  ['403, nothing left of a quota', [{ status: 403, headers: { 'x-ratelimit-remaining': '0' } }], safely],
  ['408', status(408), safely],
  ['413', status(413), never],
  ['413 with a pause', [{ status: 413, ...after('1') }], safely],
  ['421, once', status(421), always],
  ['425', status(425), always],
  ['429', status(429), safely],
  ['429 with a pause', [{ status: 429, ...after('1') }], safely],
  ['429, the pause above `maxRetryAfter`', [{ status: 429, ...after('61') }], never],
  ['500, 502, 504', status(500, 502, 504), safely],
  ['501, 505', status(501, 505), never],
  ['503', status(503), safely],
  ['503 with a pause', [{ status: 503, ...after('1') }], safely],
  ['503 and `X-Should-Retry: false`', [{ status: 503, headers: { 'x-should-retry': 'false' } }], never],
  ['409 and `X-Should-Retry: true`', [{ status: 409, headers: { 'x-should-retry': 'true' } }], safely],
];

const accept = { headers: { accept: 'application/json' } };
const errors: readonly Row[] = [
  ['`ECONNREFUSED`', [error('ECONNREFUSED')], always],
  ['`ENOTFOUND`, `EAI_AGAIN`', [error('ENOTFOUND'), error('EAI_AGAIN')], always],
  ['`ENETUNREACH`, `EHOSTUNREACH`', [error('ENETUNREACH'), error('EHOSTUNREACH')], always],
  ['`UND_ERR_CONNECT_TIMEOUT`', [error('UND_ERR_CONNECT_TIMEOUT')], always],
  ['HTTP/2 `REFUSED_STREAM`', [error('ERR_HTTP2_STREAM_ERROR', 'NGHTTP2_REFUSED_STREAM')], always],
  ['`ECONNRESET`, `EPIPE`', [error('ECONNRESET'), error('EPIPE')], safely],
  ['`UND_ERR_SOCKET`', [error('UND_ERR_SOCKET')], safely],
  ['`UND_ERR_HEADERS_TIMEOUT`', [error('UND_ERR_HEADERS_TIMEOUT')], safely],
  ['a network error without a code, as in browsers', [{ error: new TypeError('Failed to fetch') }], safely],
  ['the attempt timed out', [{ hang: true }], safely],
  ['a body that is no JSON, with `malformedBody`', [{ body: '<html>' }, { body: '{"a":' }], safely, accept],
  [
    'TLS, certificates: `CERT_HAS_EXPIRED`, `ERR_SSL_WRONG_VERSION_NUMBER`',
    [error('CERT_HAS_EXPIRED'), error('ERR_SSL_WRONG_VERSION_NUMBER')],
    never,
  ],
  ['a bad URL: `ERR_INVALID_URL`', [error('ERR_INVALID_URL')], never],
  ['a programming error', [{ error: new TypeError('x is not a function') }], never],
];

/** Makes one call whose first request meets this, and whose second succeeds. */
async function play(
  reply: Reply,
  more: Options | undefined,
  method: string,
  throwHttpErrors: Options['throwHttpErrors'],
  safe: boolean,
): Promise<{ readonly again: boolean; readonly reason: string }> {
  const wire = scriptedWire(clock, { replies: [reply, {}] });
  const api = ky
    .create({ fetch: wire.fetch, timeout: 1_000, throwHttpErrors: throwHttpErrors! })
    .extend(retry({ jitter: 'none', malformedBody: true, budget: false }))
    .extend(replaySafe(safe ? {} : false));
  const body = method === 'PUT' || others.includes(method) ? { body: '{}' } : {};
  const call = api('https://api.test/a', { method, ...body, ...more });
  const result: unknown = await clock.finish(call.catch((thrown: unknown) => thrown));
  return { again: wire.exchanges.length === 2, reason: traceOf(result)?.decisions[0]?.reason ?? '' };
}

const columns = ['GET HEAD PUT DELETE OPTIONS QUERY', 'POST PATCH', 'POST PATCH, `replaySafe`'];
const groups = [
  { methods: idempotent, safe: false },
  { methods: others, safe: false },
  { methods: others, safe: true },
];

describe.each([
  ['status', statuses],
  ['error', errors],
])('whether it is sent again, by %s', (kind, rows) => {
  const table: string[][] = [];

  test.each(rows.map(([what, ...row]) => ({ what, row })))('$what', async ({ what, row }) => {
    const [replies, expected, more] = row;
    const reasons: string[] = [];
    for (const reply of replies) {
      for (const [index, { methods, safe }] of groups.entries()) {
        for (const method of methods) {
          for (const throwHttpErrors of throwing) {
            // An answer to HEAD has no body that could be no JSON.
            if (method === 'HEAD' && reply.body) continue;
            const { again, reason } = await play(reply, more, method, throwHttpErrors, safe);
            expect(again, `${method}, ${String(throwHttpErrors)}, ${reason}`).toBe(expected[index]);
            reasons[index] ||= reason;
          }
        }
      }
    }
    const signs = expected.map((again) => (again ? 'again' : '–'));
    table.push([what, ...signs, reasons[0] || '–', reasons[1] || '–']);
  });

  test('the table of the site', async () => {
    expect(table).toHaveLength(rows.length);
    const head = [kind, ...columns, 'reason on the record, GET', 'POST'];
    await expect(markdownTable(head, table)).toMatchFileSnapshot(figure(`.figures/retry-by-${kind}.md`));
  });
});
