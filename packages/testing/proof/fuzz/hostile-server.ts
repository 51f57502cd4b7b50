import assert from 'node:assert/strict';
import { auth } from '@kyhooks/auth';
import { compose, traceOf } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { log } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { link, paginate, result } from '@kyhooks/result';
import { constant, retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { virtualClock } from '@kyhooks/testing';
import { timeout } from '@kyhooks/timeout';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import ky from 'ky';
import * as v from 'valibot';
import { jsonValue, textOf } from './arbitrary.ts';
import { timingFields } from './readers.ts';
import type { Subject } from './subject.ts';

const statuses = [200, 201, 204, 301, 304, 400, 401, 403, 404, 409, 413, 421, 422, 425, 429, 500, 503];
const presets = ['adyen', 'checkout', 'ietf', 'paypal', 'stripe', 'telnyx', undefined] as const;
const body = fc.oneof(
  jsonValue.map((value) => JSON.stringify(value)),
  textOf(
    '{',
    '}',
    '"',
    '__proto__',
    ':',
    '[',
    ']',
    '1',
    'idempotency',
    'PREVIOUS_REQUEST_IN_PROGRESS',
    '\u2028',
    '\0',
  ),
  jsonValue.map((value) => `{"__proto__":${JSON.stringify(value)},"message":"secondary rate limit"}`),
);
const fields = fc.tuple(
  timingFields,
  fc.array(
    fc.tuple(
      fc.constantFrom(
        'link',
        'location',
        'content-type',
        'content-length',
        'transient-error',
        'stripe-should-retry',
        'x-request-id',
        'www-authenticate',
      ),
      textOf(
        'application/json',
        '; charset=',
        '<',
        '>; rel=next',
        'https://',
        '0',
        '-1',
        'true',
        'false',
        '9'.repeat(30),
      ).map((value) => value.replaceAll(/[^ -~\t]/g, '')),
    ),
    { maxLength: 3 },
  ),
);

/** What the caller may get: an answer, an error of ky's or of a layer, or what does not parse. */
const known =
  /^(?:HTTPError|AuthError|SchemaError|SyntaxError|MalformedBodyError|IdempotencyHTTPError|RateLimitError|TimeoutError)$/;

type Answer = readonly [
  method: string,
  status: number,
  fields: readonly [[string, string][], [string, string][]],
  body: string,
  preset: (typeof presets)[number] | null,
  throwHttpErrors: boolean,
];

/** All layers against a server that answers anything: the caller gets an answer or an error that is documented. */
export const hostileServer: Subject = {
  name: 'hostile-server',
  inputs: fc.tuple(
    fc.constantFrom('GET', 'POST'),
    fc.constantFrom(...statuses),
    fields,
    body,
    fc.constantFrom(...presets),
    fc.boolean(),
  ),
  async check(...answer: Answer) {
    // Pauses that the server asks for take no time.
    using clock = virtualClock();
    await clock.finish(play(answer));
  },
};

async function play([
  method,
  status,
  [timing, others],
  text,
  preset,
  throwHttpErrors,
]: Answer): Promise<void> {
  const fetch = async (): Promise<Response> =>
    new Response([204, 304].includes(status) ? null : text, { status, headers: [...timing, ...others] });
  const user = v.object({ id: v.number() });
  // What a schema makes of the data of an error need not be JSON.
  const odd = v.pipe(
    v.unknown(),
    v.transform(() => ({ count: 1n })),
  );
  await using limits = rateLimit({ maxConcurrent: 10 });
  const api = ky
    .create({ baseUrl: 'https://api.test/', fetch, throwHttpErrors })
    .extend(
      compose(
        limits,
        retry({ limit: 1, backoff: constant(0), jitter: 'none', maxRetryAfter: 0, malformedBody: true }),
        timeout(),
        idempotency(preset ? { preset } : {}),
        auth({ token: 'a' }),
        otel({ callSpan: true, tracerProvider: new TracerProvider({}) }),
        log({ logger: (event) => void JSON.stringify(event), attempts: true }),
        schema(
          { 'GET /users/:id': user, 'POST /users/:id': { body: v.unknown(), 200: user, '4XX': odd } },
          { maxBytes: 10_000, unknownKeys: 'report' },
        ),
      ),
    );
  const call = async (): Promise<unknown> =>
    api(`users/1`, { method, ...(method === 'POST' && { json: { id: 1 } }) }).json();
  try {
    await call();
  } catch (error) {
    const { name } = error as Error;
    assert(known.test(name), `${name}: ${String(error)}`);
    JSON.stringify(traceOf(error));
  }
  const value = await result(api.get('users/1'));
  assert.equal(typeof value.ok, 'boolean');
  try {
    for await (const _ of paginate(api, 'users/1', { items: () => [1], next: link(), maxPages: 2 }));
  } catch (error) {
    assert(error instanceof Error);
  }
}
