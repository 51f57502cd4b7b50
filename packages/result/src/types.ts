import type { CallRecord } from '@kyhooks/core';

/**
 * What failed.
 *
 * - `http`: the server answered with an error status
 * - `network`: no answer came, or its body broke
 * - `timeout`: a bound on the attempt, the call, its body, or a deadline was met
 * - `schema`: the body does not fit the schema
 * - `parse`: the body is no JSON
 * - `rate-limit`: a limiter of ours refused to send it; a 429 of the server is `http`
 * - `auth`: the credentials were refused, or could not be refreshed
 * - `idempotency`: the idempotency key was refused
 * - `aborted`: the caller's signal ended it
 * - `stopped`: a hook returned `ky.stop`
 * - `unknown`: anything else, such as a hook that throws
 */
export type FailureKind = 'http' | 'schema' | OtherFailure['kind'];

interface Outcome {
  /** From the call of `result()` to the end of the body or the failure, in milliseconds. */
  readonly latencyMs: number;
  /** Requests sent; `undefined` without a layer of the toolkit, where nobody counts. */
  readonly attempts: number | undefined;
  /** The record of the call; `undefined` without a layer of the toolkit. */
  readonly trace: CallRecord | undefined;
  /** Where the server, or else a layer, names one. */
  readonly requestId?: string;
}

/** The call succeeded, and its body was read and is what it should be. */
export interface Success<Data> extends Outcome {
  readonly ok: true;
  readonly data: Data;
  readonly status: number;
  readonly headers: Headers;
}

interface Failed extends Outcome {
  readonly ok: false;
  /** What was thrown. */
  readonly error: unknown;
  /** Of the answer, where one came. */
  readonly status?: number;
  readonly headers?: Headers;
  /** The pause that the server or a limiter asks for, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** The server answered with an error status. */
export interface HttpFailure<ErrorData = unknown> extends Failed {
  readonly kind: 'http';
  /** ky's `HTTPError`; under `throwHttpErrors: false` a plain one. */
  readonly error: Error;
  readonly status: number;
  readonly headers: Headers;
  /** The body; with an error schema what that gave, `undefined` where it does not fit. */
  readonly data: ErrorData | undefined;
}

/** The body does not fit the schema. */
export interface SchemaFailure extends Failed {
  readonly kind: 'schema';
  readonly error: Error;
  /** The body as it came; `undefined` where `@kyhooks/schema` has checked it, whose errors hold no values. */
  readonly data: unknown;
}

/** No answer, or none that can be used. */
export interface OtherFailure<ErrorData = unknown> extends Failed {
  readonly kind:
    | 'network'
    | 'timeout'
    | 'parse'
    | 'rate-limit'
    | 'auth'
    | 'idempotency'
    | 'aborted'
    | 'stopped'
    | 'unknown';
  /** The body of an error answer behind it, such as the last 401. */
  readonly data?: ErrorData | undefined;
}

/** The call did not give what it should. `kind` tells the cases apart. */
export type Failure<ErrorData = unknown> = HttpFailure<ErrorData> | SchemaFailure | OtherFailure<ErrorData>;

/** What became of a call, to be told apart by `ok`. */
export type Result<Data = unknown, ErrorData = unknown> = Success<Data> | Failure<ErrorData>;
