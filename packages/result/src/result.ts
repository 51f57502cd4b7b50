import { traceOf } from '@kyhooks/core';
import type { ResponsePromise, StandardSchemaV1, StandardSchemaV1InferOutput } from 'ky';
import { failureOf, type Known, requestIdOf } from './failure.ts';
import type { Result } from './types.ts';

/** How a body is read, where not by a schema: as ky's shortcuts do; `response` leaves it unread. */
export interface Bodies {
  readonly json: unknown;
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly arrayBuffer: ArrayBuffer;
  readonly blob: Blob;
  readonly formData: FormData;
  readonly response: Response;
}

/** A call of ky's, or a function that makes it, whose own exceptions are caught too. */
export type KyCall<Data = unknown> = ResponsePromise<Data> | (() => ResponsePromise<Data>);

/** What `result()` is told besides the call and its schema. */
export interface ResultOptions<ErrorSchema extends StandardSchemaV1 = StandardSchemaV1> {
  /** Types the bodies of error answers, such as `{ code, message, request_id }` or problem details. */
  readonly error?: ErrorSchema;
}

/**
 * Makes a value of whatever becomes of a call: the returned promise never rejects.
 *
 * The body is read by ky's own shortcuts, with their bounds and their `Accept` header: as JSON, through a Standard
 * Schema where one is given; an empty body gives `undefined`.
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { result } from '@kyhooks/result';
 *
 * const user = await result(ky.get<{ name: string }>('https://api.example.com/v1/users/42'));
 * if (user.ok) console.log(user.data.name);
 * else if (user.kind === 'http') console.error(user.status);
 * ```
 */
export function result<Data = unknown, ErrorSchema extends StandardSchemaV1 = StandardSchemaV1>(
  call: KyCall<Data>,
  options?: ResultOptions<ErrorSchema>,
): Promise<Result<Data, StandardSchemaV1InferOutput<ErrorSchema>>>;
export function result<
  Schema extends StandardSchemaV1,
  ErrorSchema extends StandardSchemaV1 = StandardSchemaV1,
>(
  call: KyCall,
  schema: Schema,
  options?: ResultOptions<ErrorSchema>,
): Promise<Result<StandardSchemaV1InferOutput<Schema>, StandardSchemaV1InferOutput<ErrorSchema>>>;
export function result<Body extends keyof Bodies, ErrorSchema extends StandardSchemaV1 = StandardSchemaV1>(
  call: KyCall,
  body: Body,
  options?: ResultOptions<ErrorSchema>,
): Promise<Result<Bodies[Body], StandardSchemaV1InferOutput<ErrorSchema>>>;
export async function result(
  call: KyCall,
  how: How | ResultOptions = 'json',
  options: ResultOptions = {},
): Promise<Result> {
  if (isOptions(how)) return result(call, 'json', how);
  const startMs = performance.now();
  const fail = (error: unknown, known: Partial<Known> = {}): Promise<Result> =>
    failureOf({ error, latencyMs: performance.now() - startMs, errorSchema: options.error, ...known });
  const parsed: { json?: unknown } = {};
  let answer: PromiseSettledResult<Response | undefined>;
  let body: PromiseSettledResult<unknown>;
  try {
    const pending = typeof call === 'function' ? call() : call;
    [answer, body] = await Promise.allSettled([pending, read(pending, how, parsed)]);
  } catch (error) {
    // ky refuses options that are not valid before there is a promise.
    return fail(error);
  }
  if (answer.status === 'rejected') return fail(answer.reason);
  const response = answer.value;
  if (!response) return fail(new Error('A hook returned `ky.stop`: there is no answer'), { kind: 'stopped' });
  if (!isSuccess(response)) {
    const error = new Error(`The server answered with status ${response.status}`);
    return fail(error, { kind: 'http', response, ...(body.status === 'fulfilled' && { data: body.value }) });
  }
  if (body.status === 'rejected') return fail(body.reason, { response, data: parsed.json });
  const trace = traceOf(response);
  const requestId = requestIdOf(response, trace, parsed.json);
  return {
    ok: true,
    data: body.value,
    status: response.status,
    headers: response.headers,
    ...(requestId !== undefined && { requestId }),
    latencyMs: performance.now() - startMs,
    attempts: trace?.attempts.length,
    trace,
  };
}

type How = StandardSchemaV1 | keyof Bodies;

function isOptions(how: How | ResultOptions): how is ResultOptions {
  return typeof how === 'object' && !('~standard' in how);
}

/** As ky sees it: what a page may not look at (`mode: 'no-cors'`) has no status, and is no error. */
function isSuccess({ ok, type }: Response): boolean {
  return ok || type === 'opaque';
}

/** Reads the body by one of ky's shortcuts, asked for at once: it sets the `Accept` header of what is about to be sent. */
async function read(pending: ResponsePromise, how: How, parsed: { json?: unknown }): Promise<unknown> {
  if (how === 'response') return pending;
  if (typeof how === 'string' && how !== 'json') return pending[how]();
  const validate = async (json: unknown): Promise<StandardSchemaResult> => {
    parsed.json = json;
    const described = isSuccess(await pending);
    // An error answer that ky does not throw is not what the schema describes.
    return described && typeof how !== 'string' ? how['~standard'].validate(json) : { value: json };
  };
  // Also without a schema of the caller's: with one, ky takes an empty body for `undefined`.
  return pending.json({ '~standard': { version: 1, vendor: 'kyhooks', validate } });
}

type StandardSchemaResult = Awaited<ReturnType<StandardSchemaV1['~standard']['validate']>>;
