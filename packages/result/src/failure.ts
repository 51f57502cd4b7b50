import { type CallRecord, traceOf } from '@kyhooks/core';
import { readServerTiming } from '@kyhooks/core/server-timing';
import { isHTTPError, type StandardSchemaV1 } from 'ky';
import { kindOf, withCauses } from './kind.ts';
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
  try {
    return await described(known);
  } catch {
    // It cannot be asked, because a getter of the error or of the body throws.
    return {
      ...(await described({ ...known, error: undefined, data: undefined })),
      error: known.error,
    } as Failure;
  }
}

async function described(known: Known): Promise<Failure> {
  const { error, latencyMs, errorSchema } = known;
  const chain = withCauses(error);
  const { kind = kindOf(chain) } = known;
  // ky's error, also where a hook or a layer has wrapped it.
  const thrown = chain.find(isHTTPError);
  const response = known.response ?? thrown?.response;
  const trace = chain.map(traceOf).find(Boolean) ?? traceOf(response);
  const body = known.data === undefined ? thrown?.data : known.data;
  let data = body;
  // It speaks of the bodies of error answers only.
  if (errorSchema && kind !== 'schema')
    data = response?.ok === false ? await fitting(errorSchema, body) : undefined;
  const requestId = requestIdOf(response, trace, body);
  const retryAfterMs = pauseOf(chain, response, body);
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
function pauseOf(chain: readonly Error[], response: Response | undefined, data: unknown): number | undefined {
  const named = chain
    .map((error) => (error as { readonly retryAfterMs?: unknown }).retryAfterMs)
    .find((pause) => typeof pause === 'number');
  return named ?? (response && readServerTiming(response, { data }).pauseMs);
}
