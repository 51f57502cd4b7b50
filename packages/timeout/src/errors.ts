import { type Call, hasCode, type Phase } from '@kyhooks/core';
import { redactUrl } from '@kyhooks/core/redact';
import { TimeoutError } from 'ky';
import type { Deadline } from './deadline.ts';

/** What a timeout tells. */
export interface TimeoutDetails {
  /** Where the call stood: waiting to be sent, for headers, for the body, or to be sent again. */
  readonly phase: Phase;
  /** The bound that was met, in milliseconds. */
  readonly limitMs: number;
  /** The time that had passed against it, in milliseconds; less than the limit where a wait would not have fitted. */
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

  constructor(
    what: string,
    knob: string,
    request: Request,
    call: Call,
    limitMs: number,
    elapsedMs: number,
    phase: Phase = phaseOf(call),
  ) {
    super(request);
    this.phase = phase;
    this.limitMs = limitMs;
    this.elapsedMs = elapsedMs;
    this.attempt = call.attempts.length;
    this.method = request.method;
    this.url = redactUrl(request.url);
    const how = elapsedMs < limitMs - timerSlackMs ? 'cannot be over within' : 'timed out after';
    this.message = `${what} ${how} ${limitMs} ms (${waitedFor[phase]}): ${this.method} ${this.url}; the bound is \`${knob}\` of timeout()`;
  }
}

/** How much too early a timer may fire: it drops the fraction of its delay, and its clock has a grain. */
export const timerSlackMs = 2;

/** Where a call stands. A layer may read the body before the attempt is over; the status is known then. */
function phaseOf({ phase, attempts }: Call): Phase {
  return phase === 'headers' && attempts.at(-1)?.status !== undefined ? 'body' : phase;
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
    const { startMs, gateMs, headersMs } = call.attempts.at(-1)!;
    const sinceMs = startMs + gateMs + (call.phase === 'body' ? (headersMs ?? 0) : 0);
    super('The attempt', 'attempt', request, call, limitMs, call.elapsedMs - sinceMs);
  }
}

/** The whole call took longer than `total`, or would have. Never retried: there is no time left. */
export class TotalTimeoutError extends PhaseTimeoutError {
  readonly code = 'TOTAL_TIMEOUT';

  constructor(request: Request, call: Call, limitMs: number) {
    super('The call', 'total', request, call, limitMs, call.elapsedMs);
  }
}

/** No bytes came for `body.idle`, or the body took longer than `body.total`. Never retried: the answer was handed over. */
export class BodyTimeoutError extends PhaseTimeoutError {
  readonly code = 'BODY_TIMEOUT';

  constructor(request: Request, call: Call, knob: 'idle' | 'total', limitMs: number, elapsedMs: number) {
    super('The body', `body.${knob}`, request, call, limitMs, elapsedMs, 'body');
  }
}

/** The deadline of the workflow has passed, or a wait would have outlasted it. Never retried. */
export class DeadlineError extends PhaseTimeoutError {
  readonly code = 'DEADLINE';

  constructor(
    request: Request,
    call: Call,
    { limitMs, elapsedMs }: Pick<Deadline, 'limitMs' | 'elapsedMs'>,
    phase?: Phase,
  ) {
    super('The workflow', 'deadline', request, call, limitMs, elapsedMs, phase);
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

/** Whether the value is a {@link BodyTimeoutError}, also one made by another copy of this package. */
export function isBodyTimeoutError(value: unknown): value is BodyTimeoutError {
  return hasCode(value, 'BODY_TIMEOUT');
}

/** Whether the value is a {@link DeadlineError}, also one made by another copy of this package. */
export function isDeadlineError(value: unknown): value is DeadlineError {
  return hasCode(value, 'DEADLINE');
}
