import { parseHttpDate } from './http-date.ts';
import { given, parseRateLimit, parseRateLimitPolicy, type Quota } from './rate-limit-fields.ts';

export type { Quota } from './rate-limit-fields.ts';

/** What a server says about when to come back. */
export interface ServerTiming {
  /** How long nothing should be sent, in milliseconds from now, at least 0; it can be far above what a timer holds. */
  readonly pauseMs?: number;
  /** Where the pause comes from: the name of a field, in lower case, or `body`. */
  readonly source?: string;
  /** The server's own word on whether to send again (`X-Should-Retry`, `Stripe-Should-Retry`). */
  readonly shouldRetry?: boolean;
  /** What is left of each quota it names, in the order of the fields below; empty when it names none. */
  readonly quotas: readonly Quota[];
}

/** What is known besides the response. */
export interface ServerTimingContext {
  /** Milliseconds since the epoch; the local clock where not given. Used where the response has no `Date`. */
  readonly now?: number;
  /** The parsed body, where it was read: GitHub names its secondary limit only there. */
  readonly data?: unknown;
}

type Parser = (value: string, now: number) => number | undefined;

/** Fields that ask for a pause. The first that parses counts; one that does not is as good as absent. */
const pauseFields: readonly (readonly [field: string, parse: Parser])[] = [
  ['retry-after-ms', decimal], // openai-node
  ['retry-after', parseRetryAfter], // RFC 9110, section 10.2.3
  ['x-amz-retry-after', decimal], // smithy-typescript
];

/** Fields that come in threes: what they begin with, and the names of that with the time, the more exact first. */
const quotaFamilies: readonly (readonly [prefix: string, times: readonly string[]])[] = [
  ['ratelimit-', ['reset']], // draft-ietf-httpapi-ratelimit-headers, up to -06
  ['x-ratelimit-', ['retry-after', 'reset']], // Symfony; GitHub and many others
  ['x-rate-limit-', ['reset']], // X
];

/** 2024-01-01 in seconds: a number from here up is a date, below it a number of seconds (as in ky). */
const firstEpoch = 1_704_067_200;

/**
 * Reads all that a response says about when to come back: `Retry-After`, `RateLimit` and `RateLimit-Policy` (current
 * draft and older forms), `X-RateLimit-*`, `X-Rate-Limit-*` and vendor fields.
 *
 * Dates are measured by the server's own clock, its `Date`. A response below 400 asks for a pause only when nothing is
 * left of a quota. Quotas of a response from a cache (`Age` above 0) are not of now and are ignored.
 */
export function readServerTiming(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  { now = Date.now(), data }: ServerTimingContext = {},
): ServerTiming {
  const age = read(headers, 'age', decimal) ?? 0;
  const date = read(headers, 'date', (value) => parseHttpDate(value, now));
  const serverNow = date === undefined ? now : date + age * 1000;
  const quotas = age > 0 ? [] : readQuotas(headers, serverNow);
  const asked = status < 400 ? undefined : askedPause(headers, serverNow);
  return {
    ...(asked ?? exhausted(quotas, status) ?? secondaryLimit(status, data)),
    ...given({ shouldRetry: shouldRetry(headers) }),
    quotas,
  };
}

/**
 * Reads `Retry-After` (RFC 9110, section 10.2.3): whole seconds, or an HTTP-date in any of its three forms. Strict: a
 * sign, a fraction, an exponent, several values or any other text give `undefined`, as if the field were absent.
 *
 * @param now milliseconds since the epoch
 * @returns the pause the server asks for, in milliseconds from now, at least 0; it can be far above what a timer holds
 */
export function parseRetryAfter(value: string | null, now: number = Date.now()): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = parseHttpDate(value, now);
  return date === undefined ? undefined : Math.max(0, date - now);
}

function read<Value>(headers: Headers, field: string, parse: (value: string) => Value): Value | undefined {
  const value = headers.get(field);
  return value === null ? undefined : parse(value);
}

interface Pause {
  readonly pauseMs: number;
  readonly source: string;
}

function askedPause(headers: Headers, now: number): Pause | undefined {
  for (const [source, parse] of pauseFields) {
    const pauseMs = read(headers, source, (value) => parse(value, now));
    if (pauseMs !== undefined) return { pauseMs, source };
  }
  return undefined;
}

function readQuotas(headers: Headers, now: number): Quota[] {
  const policies = read(headers, 'ratelimit-policy', parseRateLimitPolicy) ?? [];
  const quotas = read(headers, 'ratelimit', parseRateLimit) ?? [];
  const named = quotas.map((quota): Quota => {
    const { field: _, ...rule } = policies.find(({ policy }) => policy === quota.policy) ?? quota;
    return Object.assign(rule, quota, { unit: rule.unit });
  });
  const families = quotaFamilies.flatMap(([prefix, times]) => readFamily(headers, prefix, times, now) ?? []);
  return [...named, ...families];
}

function readFamily(
  headers: Headers,
  prefix: string,
  times: readonly string[],
  now: number,
): Quota | undefined {
  // Early editions of the draft append the windows: `100, 100;w=10`.
  const rule = read(headers, `${prefix}limit`, parseRateLimitPolicy)?.at(-1);
  const remaining = read(headers, `${prefix}remaining`, decimal);
  let resetMs: number | undefined;
  let field = `${prefix}remaining`;
  for (const time of times) {
    if (resetMs !== undefined) break;
    field = prefix + time;
    resetMs = read(headers, field, (value) => parseReset(value, now));
  }
  if (remaining === undefined && resetMs === undefined) return undefined;
  return { unit: 'requests', ...rule, ...given({ remaining, resetMs }), field };
}

/** The pause of the first field that says nothing is left; of several quotas in it, the longest. */
function exhausted(quotas: readonly Quota[], status: number): Pause | undefined {
  const spent = quotas.filter(
    ({ remaining, resetMs }) => resetMs !== undefined && (remaining ?? (status < 400 ? 1 : 0)) === 0,
  );
  const source = spent[0]?.field;
  if (source === undefined) return undefined;
  const pauses = spent.filter(({ field }) => field === source).map(({ resetMs }) => resetMs!);
  return { pauseMs: Math.max(...pauses), source };
}

/** GitHub asks for a minute at least; it tells this refusal from a lack of permission by its words alone. */
function secondaryLimit(status: number, data: unknown): Pause | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const message = (data as { readonly message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' && /secondary rate limit/i.test(message)
    ? { pauseMs: 60_000, source: 'body' }
    : undefined;
}

function shouldRetry(headers: Headers): boolean | undefined {
  const value = headers.get('x-should-retry') ?? headers.get('stripe-should-retry');
  return value === 'true' || (value === 'false' ? false : undefined);
}

/** Seconds from now, seconds or milliseconds since the epoch, an HTTP-date or an RFC 3339 date: all are in use. */
function parseReset(value: string, now: number): number | undefined {
  const number = decimal(value);
  if (number !== undefined && number < firstEpoch) return number * 1000;
  const date = number === undefined ? parseDate(value, now) : number < 1e12 ? number * 1000 : number;
  return date === undefined ? undefined : Math.max(0, date - now);
}

function parseDate(value: string, now: number): number | undefined {
  const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
  if (!rfc3339.test(value)) return parseHttpDate(value, now);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : date;
}

function decimal(value: string): number | undefined {
  return /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : undefined;
}
