import { type Call, hasCode, type Phase } from '@kyhooks/core';
import { redactUrl } from '@kyhooks/core/redact';
import { TimeoutError } from 'ky';

/** What a timeout tells. */
export interface TimeoutDetails {
  /** Where the call stood: waiting to be sent, for headers, for the body, or to be sent again. */
  readonly phase: Phase;
  /** The bound that was met, in milliseconds. */
  readonly limitMs: number;
  /** The time that had passed against it, in milliseconds. */
  readonly elapsedMs: number;
  /** Number of the attempt, from 1; 0 before the first. */
  readonly attempt: number;
  readonly method: string;
  /** Without credentials and signatures. */
  readonly url: string;
}

abstract class PhaseTimeoutError extends TimeoutError implements TimeoutDetails {
  readonly phase: Phase;
  readonly limitMs: number;
  readonly elapsedMs: number;
  readonly attempt: number;
  readonly method: string;
  readonly url: string;

  constructor(what: string, knob: string, request: Request, call: Call, limitMs: number, elapsedMs: number) {
    super(request);
    this.phase = call.phase;
    this.limitMs = limitMs;
    this.elapsedMs = elapsedMs;
    this.attempt = call.attempts.length;
    this.method = request.method;
    this.url = redactUrl(request.url);
    this.message = `${what} timed out after ${limitMs} ms (${waitedFor[call.phase]}): ${this.method} ${this.url}; the bound is ${knob} of timeout()`;
  }
}

const waitedFor: Readonly<Record<Phase, string>> = {
  queued: 'waiting to be sent',
  headers: 'waiting for headers',
  body: 'reading the body',
  backoff: 'waiting to be sent again',
};

/** One attempt took longer than `attempt`. Retryable; with `retry()` the caller sees it only when no retry is left. */
export class AttemptTimeoutError extends PhaseTimeoutError {
  readonly code = 'ATTEMPT_TIMEOUT';

  constructor(request: Request, call: Call, limitMs: number) {
    const { startMs, gateMs, headersMs } = call.attempts.at(-1) ?? { startMs: 0, gateMs: 0 };
    const sinceMs = startMs + gateMs + (call.phase === 'body' ? (headersMs ?? 0) : 0);
    super('The attempt', '`attempt`', request, call, limitMs, call.elapsedMs - sinceMs);
  }
}

/** The whole call took longer than `total`. Never retried: there is no time left. */
export class TotalTimeoutError extends PhaseTimeoutError {
  readonly code = 'TOTAL_TIMEOUT';

  constructor(request: Request, call: Call, limitMs: number) {
    super('The call', '`total`', request, call, limitMs, call.elapsedMs);
  }
}

/** Whether the value is an {@link AttemptTimeoutError}, also one made by another copy of this package. */
export function isAttemptTimeoutError(value: unknown): value is AttemptTimeoutError {
  return hasCode(value, 'ATTEMPT_TIMEOUT');
}

/** Whether the value is a {@link TotalTimeoutError}, also one made by another copy of this package. */
export function isTotalTimeoutError(value: unknown): value is TotalTimeoutError {
  return hasCode(value, 'TOTAL_TIMEOUT');
}
