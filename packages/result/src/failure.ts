import { type CallRecord, traceOf } from '@kyhooks/core';
import { readServerTiming } from '@kyhooks/core/server-timing';
import { type HTTPError, isHTTPError, type StandardSchemaV1 } from 'ky';
import { kindOf } from './kind.ts';
import type { Failure, FailureKind } from './types.ts';

/** What is known of a call that failed. */
export interface Known {
  readonly error: unknown;
  /** Where it cannot be told by the error. */
  readonly kind?: FailureKind;
  /** The answer, where it is at hand. */
  readonly response?: Response | undefined;
  /** The body, where it was read. */
  readonly data?: unknown;
  readonly latencyMs: number;
  readonly errorSchema?: StandardSchemaV1 | undefined;
}

/** The failure that an error makes. Never throws. */
export async function failureOf(known: Known): Promise<Failure> {
  const { error, kind = kindOf(error), latencyMs, errorSchema } = known;
  const thrown = httpErrorIn(error);
  const response = known.response ?? thrown?.response;
  const trace = traceOf(error) ?? traceOf(response);
  const body = known.data ?? thrown?.data;
  const data = errorSchema && kind !== 'schema' ? await fitting(errorSchema, body) : body;
  const requestId = requestIdOf(response, trace, body);
  const retryAfterMs = pauseOf(error, response, body);
  return {
    ok: false,
    kind,
    error,
    ...(response && { status: response.status, headers: response.headers }),
    ...(data !== undefined && { data }),
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    latencyMs,
    attempts: trace?.attempts.length,
    trace,
  } as Failure;
}

/** ky's error, also where a hook or a layer has wrapped it. */
function httpErrorIn(error: unknown): HTTPError | undefined {
  for (let depth = 0, at = error; depth < 8 && at instanceof Error; depth++, at = at.cause) {
    if (isHTTPError(at)) return at;
  }
  return undefined;
}

async function fitting({ '~standard': standard }: StandardSchemaV1, body: unknown): Promise<unknown> {
  try {
    const validated = await standard.validate(body);
    return validated.issues ? undefined : validated.value;
  } catch {
    return undefined;
  }
}

/** Names in use: the common one, and that of Stripe's, Anthropic's and other APIs. */
const requestIdHeaders = ['x-request-id', 'request-id'];

export function requestIdOf(
  response: Response | undefined,
  trace: CallRecord | undefined,
  body?: unknown,
): string | undefined {
  const named = requestIdHeaders.map((name) => response?.headers.get(name)).find(Boolean);
  const { request_id: inBody } = (body ?? {}) as { readonly request_id?: unknown };
  return named ?? (typeof inBody === 'string' ? inBody : trace?.requestId);
}

/** The pause of a limiter's error, else the server's. */
function pauseOf(error: unknown, response: Response | undefined, data: unknown): number | undefined {
  const { retryAfterMs } = (error ?? {}) as { readonly retryAfterMs?: unknown };
  if (typeof retryAfterMs === 'number') return retryAfterMs;
  return response && readServerTiming(response, { data }).pauseMs;
}
