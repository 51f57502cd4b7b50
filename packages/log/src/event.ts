import type { AttemptRecord, CallRecord, Decision } from '@kyhooks/core';

/**
 * What is logged of a call or an attempt. Names are those of OpenTelemetry's HTTP conventions where they have one, else
 * below `kyhooks.`; what is not known is absent. `event.schema.json` of this package describes it.
 */
export interface LogEvent {
  readonly 'event.name': 'kyhooks.call' | 'kyhooks.attempt';
  /** Absent, as all about the request, when the call ended before that was known. */
  readonly 'http.request.method'?: string;
  /** Without credentials and signatures. */
  readonly 'url.full'?: string;
  /** The template of the path, where a layer knows it. */
  readonly 'url.template'?: string;
  readonly 'server.address'?: string;
  readonly 'server.port'?: number;
  /** Of the last answer. */
  readonly 'http.response.status_code'?: number;
  /** Where it tells without being read: a string, JSON, a buffer, a Blob, URL parameters. */
  readonly 'http.request.body.size'?: number;
  /** As `Content-Length` tells it. */
  readonly 'http.response.body.size'?: number;
  /** Sent again so many times; of an attempt, its place among those. */
  readonly 'http.request.resend_count'?: number;
  /** The status, or the short name of what failed; absent where nothing did, or the caller aborted. */
  readonly 'error.type'?: string;
  /** The id of the call on its record. */
  readonly 'kyhooks.call.id': string;
  /** The server's, else the one that was sent. */
  readonly 'kyhooks.request.id'?: string;
  /** Whether the call, or the attempt, ended with an answer below 400. */
  readonly 'kyhooks.ok': boolean;
  /** In all, in milliseconds; so are all that end in `Ms`. */
  readonly 'kyhooks.durationMs': number;
  /** In the gate: queues, limits, credentials. */
  readonly 'kyhooks.gateMs'?: number;
  /** The part of it spent in queues. */
  readonly 'kyhooks.queuedMs'?: number;
  /** Waits between attempts. */
  readonly 'kyhooks.backoffMs'?: number;
  /** From sending to headers. */
  readonly 'kyhooks.headersMs'?: number;
  /** From headers to the end of the body. */
  readonly 'kyhooks.bodyMs'?: number;
  /** It took as long as the option `slow` says, or longer. */
  readonly 'kyhooks.slow'?: true;
  readonly 'kyhooks.call.outcome'?: string;
  readonly 'kyhooks.call.attempts'?: number;
  /** Each retry, refusal and wait, with its reason. */
  readonly 'kyhooks.call.decisions'?: readonly Decision[];
  /** Number of the attempt, from 1. */
  readonly 'kyhooks.attempt'?: number;
  /** Whatever the option `fields` adds. */
  readonly [field: string]: unknown;
}

/** What gate and wire saw that the record does not hold. */
export interface Seen {
  /** The body that is sent, as ky was given it. */
  body?: unknown;
  /** Bytes of the last answer's body, by `Content-Length`. */
  size?: number | undefined;
}

/** What is to be said of the end of a call. */
export interface CallEnd {
  readonly ok: boolean;
  readonly slow: boolean;
  /** The status, or the short name of what failed. */
  readonly error: string | undefined;
}

/** How a call ended that is over. What became of its last attempt is no failure where another answer was put in its place. */
export function endOf(
  { attempts, status, outcome, durationMs = 0, error: thrown }: CallRecord,
  slow: number,
): CallEnd {
  const aborted = outcome === 'aborted';
  const broken = outcome === 'failed' || outcome === 'stopped';
  const error = statusError(status) ?? (broken ? (attempts.at(-1)?.error ?? thrown) : undefined);
  return {
    ok: !error && !aborted && !broken,
    slow: durationMs >= slow,
    error: aborted ? undefined : error,
  };
}

/** The event of a call that is over. */
export function callEvent(call: CallRecord, seen: Seen, { ok, slow, error }: CallEnd): LogEvent {
  const { attempts, decisions, status, outcome, durationMs = 0 } = call;
  // The size is that of the last attempt's answer, which need not be the one the call ends with.
  const size = status && status === attempts.at(-1)?.status ? seen.size : undefined;
  return eventOf(
    call,
    attempts,
    durationMs,
    { ...seen, size },
    {
      'event.name': 'kyhooks.call',
      // An opaque response has none.
      'http.response.status_code': status || undefined,
      'http.request.resend_count': resends(attempts.length),
      'error.type': error,
      'kyhooks.ok': ok,
      'kyhooks.slow': slow || undefined,
      'kyhooks.call.outcome': outcome,
      'kyhooks.call.attempts': attempts.length,
      'kyhooks.call.decisions': decisions.length > 0 ? decisions : undefined,
    },
  );
}

/** The event of an attempt that got its headers, or failed to. */
export function attemptEvent(
  call: CallRecord,
  attempt: AttemptRecord,
  headersMs: number,
  seen: Seen,
  { status, error = statusError(status) }: AttemptEnd,
): LogEvent {
  const { number, gateMs } = attempt;
  return eventOf(call, [{ ...attempt, headersMs }], gateMs + headersMs, seen, {
    'event.name': 'kyhooks.attempt',
    'http.response.status_code': status || undefined,
    'http.request.resend_count': resends(number),
    'error.type': error,
    'kyhooks.ok': status !== undefined && !error,
    'kyhooks.attempt': number,
  });
}

/** How an attempt ended: with a status, with what failed by its short name, or, aborted by the caller, with neither. */
export interface AttemptEnd {
  readonly status?: number;
  readonly error?: string | undefined;
}

const times = ['gateMs', 'queuedMs', 'backoffMs', 'headersMs', 'bodyMs'] as const;

function eventOf(
  { id, method, url, route, requestId }: CallRecord,
  attempts: readonly AttemptRecord[],
  durationMs: number,
  { body, size }: Seen,
  more: Record<string, unknown>,
): LogEvent {
  // A call may end before its request is known.
  const { hostname, port, protocol } = url ? new URL(url) : {};
  const fields: Record<string, unknown> = {
    'http.request.method': method || undefined,
    'url.full': url || undefined,
    'url.template': route,
    // IPv6 without brackets, as in the conventions.
    'server.address': hostname?.replace(/^\[|\]$/g, ''),
    'server.port': protocol && (Number(port) || (protocol === 'http:' ? 80 : 443)),
    'http.request.body.size': bytesOf(body),
    'http.response.body.size': size,
    'kyhooks.call.id': id,
    'kyhooks.request.id': requestId,
    'kyhooks.durationMs': tenths(durationMs),
    ...more,
  };
  for (const time of times) {
    let total: number | undefined;
    for (const { [time]: ms } of attempts) if (ms !== undefined) total = (total ?? 0) + ms;
    fields[`kyhooks.${time}`] = total === undefined ? undefined : tenths(total);
  }
  const event: Record<string, unknown> = {};
  for (const name in fields) if (fields[name] !== undefined) event[name] = fields[name];
  return event as unknown as LogEvent;
}

/** Bytes of a body, where it tells. */
function bytesOf(body: unknown): number | undefined {
  const text = typeof body === 'string' || body instanceof URLSearchParams;
  const { byteLength, size } = (text ? new TextEncoder().encode(String(body)) : (body ?? {})) as Partial<
    ArrayBuffer & Blob
  >;
  return byteLength ?? size;
}

function resends(attempts: number): number | undefined {
  return attempts > 1 ? attempts - 1 : undefined;
}

function statusError(status = 0): string | undefined {
  return status >= 400 ? String(status) : undefined;
}

function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
