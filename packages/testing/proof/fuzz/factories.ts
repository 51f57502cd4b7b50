import assert from 'node:assert/strict';
import { auth } from '@kyhooks/auth';
import { explain, isOptionsError, type OptionsError } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { log } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { rateLimit as rateLimitOverRedis } from '@kyhooks/rate-limit/redis';
import { fanOut, paginate } from '@kyhooks/result';
import { retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { deadlineIn, timeout } from '@kyhooks/timeout';
import fc from 'fast-check';
import ky, { type Options } from 'ky';
import { anyValue } from './arbitrary.ts';
import type { Subject } from './subject.ts';

interface Factory {
  readonly name: string;
  /** The names of its options. */
  readonly options: readonly string[];
  /** Faults that span options: they are looked for when each option is right by itself. */
  readonly spanning?: readonly string[];
  /** Gives a fragment of ky options, or something else that has been made. */
  readonly make: (options: never) => unknown;
}

const limits = [
  'maxConcurrent',
  'rate',
  'minTime',
  'limiter',
  'key',
  'priority',
  'aging',
  'weight',
  'hold',
  'queue',
  'followServer',
  'id',
];

const factories: readonly Factory[] = [
  {
    name: 'auth',
    options: ['token', 'refresh', 'refreshBefore', 'scheme', 'header', 'sign', 'origins'],
    make: auth,
  },
  {
    name: 'idempotency',
    options: [
      'methods',
      'preset',
      'header',
      'format',
      'createKey',
      'operation',
      'store',
      'ttl',
      'onStoreError',
      'origins',
      'honored',
    ],
    make: idempotency,
  },
  {
    name: 'log',
    options: ['logger', 'level', 'fields', 'slow', 'sample', 'attempts', 'requestId', 'createRequestId'],
    make: log,
  },
  {
    name: 'otel',
    options: ['tracerProvider', 'meterProvider', 'propagate', 'callSpan', 'headers', 'redact', 'attributes'],
    make: otel,
  },
  { name: 'rateLimit', options: limits, spanning: ['rate'], make: rateLimit },
  {
    name: 'rateLimit-redis',
    options: [...limits, 'redis', 'namespace'],
    spanning: ['rate'],
    make: rateLimitOverRedis,
  },
  {
    name: 'retry',
    options: [
      'limit',
      'methods',
      'statusCodes',
      'backoff',
      'jitter',
      'maxRetryAfter',
      'malformedBody',
      'budget',
      'shouldRetry',
      'onRetry',
    ],
    make: retry,
  },
  {
    name: 'timeout',
    options: ['attempt', 'total', 'body', 'deadline', 'propagate'],
    spanning: ['propagate.header', 'body.idle'],
    make: timeout,
  },
  {
    name: 'schema',
    options: ['mode', 'onDrift', 'unknownKeys', 'maxBytes', 'values'],
    make: (options) => schema({}, options),
  },
  {
    name: 'schema-routes',
    options: ['GET /users/:id', 'POST /users', 'get /', '__proto__', 'GET /*'],
    make: (routes) => schema(routes),
  },
  {
    name: 'deadlineIn',
    options: ['milliseconds'],
    make: (options?: { milliseconds: number } | null) => deadlineIn(options?.milliseconds as number),
  },
  {
    name: 'paginate',
    options: ['schema', 'items', 'next', 'maxPages', 'origins', 'request'],
    make: (options) => paginate(ky, 'https://api.test', options),
  },
  {
    name: 'fanOut',
    options: ['concurrency', 'signal', 'deadline', 'order', 'stopOn', 'onProgress'],
    make: (options) => fanOut([], async () => undefined as never, options),
  },
];

/** What options are right or nearly so: numbers at their bounds, words of theirs, groups. */
const nearly: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    false,
    true,
    '',
    0,
    -0,
    -1,
    1,
    0.5,
    1e21,
    NaN,
    Infinity,
    2 ** 31 - 1,
    2 ** 31,
    [],
    {},
    '0',
    'full',
    'none',
    'raw',
    'body',
    'strict',
    'report',
    'input',
    'stripe',
    'GET',
  ),
  fc.array(fc.constantFrom<unknown>('GET', '', 503, 99, undefined, null, Symbol('any')), { maxLength: 3 }),
  fc.dictionary(
    fc.constantFrom(
      'limit',
      'interval',
      'idle',
      'total',
      'ratio',
      'perSecond',
      'timeout',
      'maxPause',
      'header',
      'token',
      '__proto__',
    ),
    fc.constantFrom<unknown>(undefined, null, 0, 1, 10, NaN, 'x', false),
  ),
  fc.constant(() => undefined),
);
const value = fc.oneof({ weight: 3, arbitrary: nearly }, { weight: 1, arbitrary: anyValue });

/** The options of every factory: what is wrong is refused in full and in time, what is right works. */
export const optionSubjects: readonly Subject[] = factories.map(({ name, options, make, spanning = [] }) => ({
  name: `options-${name}`,
  inputs: fc.tuple(
    fc.oneof(
      { weight: 1, arbitrary: anyValue.filter((given) => given !== false && given !== undefined) },
      {
        weight: 9,
        arbitrary: fc.dictionary(
          fc.oneof(
            { weight: 9, arbitrary: fc.constantFrom(...options) },
            { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
          ),
          value,
        ),
      },
    ),
  ),
  check(given: never) {
    const error = refusal(() => make(given));
    if (error) {
      assert(error.faults.length > 0 && error.message.length < 20_000);
      reportsAll(error, spanning, make, given);
    } else if (name === 'fanOut' || name === 'paginate' || name === 'deadlineIn') return;
    else {
      const fragment = make(given) as Options;
      assert.equal(typeof String(explain(ky.extend(fragment))), 'string');
    }
  },
}));

/** Each option that is refused by itself is named among the others. */
function reportsAll(
  { faults }: OptionsError,
  spanning: readonly string[],
  make: Factory['make'],
  given: unknown,
): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return;
  for (const [option, own] of Object.entries(given)) {
    const alone = refusal(() => make(Object.fromEntries([[option, own]]) as never));
    for (const fault of alone?.faults ?? []) {
      assert(
        spanning.includes(fault.option) || faults.some((one) => one.option === fault.option),
        `${fault.option} is wrong and was not named`,
      );
    }
  }
}

/** The error that the options are refused with; any other one is out of turn. */
function refusal(make: () => unknown): OptionsError | undefined {
  try {
    make();
    return undefined;
  } catch (error) {
    if (!isOptionsError(error)) throw error;
    return error;
  }
}
