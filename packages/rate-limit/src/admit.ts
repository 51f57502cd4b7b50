import { outOfTime, type Pass, startTimer } from '@kyhooks/core';
import { TimeoutError } from 'ky';
import { RateLimitError, type RateLimitErrorCode } from './errors.ts';
import { wasRefused } from './follow.ts';
import type { Lane } from './lane.ts';
import type { Admitted, Limiter } from './limiter.ts';
import { type Asked, checkGiven } from './options.ts';
import type { Permit } from './permits/permits.ts';
import type { Waiter } from './waiter.ts';

/** One call at the gate of one limiter. */
interface Caller {
  readonly pass: Pass;
  readonly limiter: Limiter;
  readonly lane: Lane;
  readonly weight: number;
  readonly rank: number;
  readonly since: number;
  readonly notBefore: number;
}

/** Takes a permit, at once where there is one, and sees to it that it goes back. */
export function admit(pass: Pass, limiter: Limiter): void | Promise<void> {
  const { options, pool } = limiter;
  const asked: Asked = { request: pass.request, call: pass.call, context: pass.ky.context };
  const lane = pool.lane(options.key?.(asked) ?? originOf(pass.request.url));
  const weight =
    typeof options.weight === 'function' ? given('weight', options.weight(asked)) : options.weight;
  const notBefore = ownPause(pass, limiter, lane);
  const permit = pool.closed || lane.outlasts(notBefore) ? undefined : lane.take(weight);
  if (!permit) return waitInLine({ pass, limiter, lane, weight, notBefore }, asked);
  hold(pass, limiter, lane, permit);
  return undefined;
}

/**
 * Until when the server wants this call to wait. What another layer has read, in a body say, all wait for when it is meant
 * for all.
 */
function ownPause({ call, attempt }: Pass, { options }: Limiter, lane: Lane): number {
  if (attempt.number === 1 || call.notBeforeMs === undefined || !options.followServer) return -Infinity;
  const restMs = call.notBeforeMs - call.elapsedMs;
  if (wasRefused(call)) lane.hear(restMs);
  return performance.now() + restMs;
}

async function waitInLine(place: Omit<Caller, 'rank' | 'since'>, asked: Asked): Promise<void> {
  const { pass, limiter, lane } = place;
  const { call, attempt, signal } = pass;
  const { priority, aging } = limiter.options;
  const level = typeof priority === 'function' ? given('priority', priority(asked)) : priority;
  // What is sent again was there when the call began, as far as the others are concerned.
  const since = performance.now() - (attempt.number > 1 ? call.elapsedMs : 0);
  // With aging the order of two that wait never changes: each gains on the clock at the same pace.
  const rank = aging === false ? level : level * aging + since;
  const caller: Caller = { ...place, rank, since };
  signal.throwIfAborted();
  const error = whyNot(caller);
  if (error) throw error;
  const startMs = call.elapsedMs;
  try {
    hold(pass, limiter, lane, await turn(caller));
  } finally {
    attempt.queuedMs += call.elapsedMs - startMs;
  }
}

/** Why it is no use to wait; `undefined` where it is. */
function whyNot(caller: Caller): Error | undefined {
  const { pass, limiter, lane, weight, rank, notBefore } = caller;
  if (limiter.pool.closed) return refusal(caller, 'RATE_LIMIT_STOPPED');
  const impossible = lane.impossible(weight);
  if (impossible) return refusal(caller, 'RATE_LIMIT_OVERWEIGHT', impossible);
  const {
    queue: { limit },
    followServer,
  } = limiter.options;
  const pausedFor = Math.max(lane.pausedFor, notBefore - performance.now());
  if (followServer && pausedFor > followServer.maxPause)
    return refusal(caller, 'RATE_LIMIT_PAUSED', tooLong(pausedFor, followServer.maxPause));
  if (lane.waiting >= limit)
    return refusal(
      caller,
      'RATE_LIMIT_QUEUE_FULL',
      `${lane.waiting} calls wait, and queue.limit is ${limit}`,
    );
  if (pass.call.remainingMs === Infinity) return undefined;
  const estimate = Math.max(pausedFor, lane.estimate(rank, weight));
  return estimate < pass.call.remainingMs ? undefined : outOfTime(pass, limiter.name, estimate);
}

/** Resolves when it is this call's turn; leaves the line when the call is aborted, or has waited too long. */
function turn(caller: Caller): Promise<Permit> {
  const { pass, limiter, lane, weight, rank, since, notBefore } = caller;
  const { signal } = pass;
  const {
    queue: { timeout },
    followServer,
  } = limiter.options;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => end(signal.reason);
    let leave: (() => void) | undefined;
    let stopTimer: (() => void) | undefined;
    const done = (): void => {
      signal.removeEventListener('abort', onAbort);
      stopTimer?.();
    };
    const end = (error: unknown): void => {
      done();
      leave?.();
      reject(error);
    };
    const waiter: Waiter = {
      rank,
      since,
      weight,
      refused: wasRefused(pass.call),
      notBefore,
      grant: (permit) => {
        done();
        resolve(permit);
      },
      refuse: (code, reason, cause) => end(refusal(caller, code, reason, cause)),
      paused: (ms) => {
        if (ms >= pass.call.remainingMs) end(outOfTime(pass, limiter.name, ms));
        else if (followServer && ms > followServer.maxPause)
          waiter.refuse('RATE_LIMIT_PAUSED', tooLong(ms, followServer.maxPause));
      },
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (timeout !== false) {
      const late = `no permit within queue.timeout of ${timeout} ms`;
      stopTimer = startTimer(timeout, () => waiter.refuse('RATE_LIMIT_QUEUE_TIMEOUT', late));
    }
    leave = lane.join(waiter);
  });
}

/**
 * The error of a call that gets no permit. One that was sent before has an answer or an error in hand, and core gives
 * that to the caller in place of a timeout.
 */
function refusal(
  { pass, limiter, lane, weight, rank }: Caller,
  code: RateLimitErrorCode,
  reason?: string,
  cause?: unknown,
): Error {
  const error = new RateLimitError(code, {
    key: lane.key,
    queueLength: lane.waiting,
    estimatedWaitMs: lane.estimate(rank, weight),
    reason,
    cause,
  });
  pass.call.decide(limiter.name, 'refused', reason ?? error.message);
  return pass.attempt.number > 1 ? new TimeoutError(pass.request) : error;
}

/** The permit goes back when the attempt is over, or when the body is. */
function hold({ call, attempt }: Pass, { slot }: Limiter, lane: Lane, permit: Permit): void {
  const entry: Admitted = { lane, permit };
  Reflect.defineProperty(attempt, slot, { value: entry });
  attempt.defer(() => {
    const { startMs, gateMs } = attempt;
    permit.answered(call.phase === 'queued' ? undefined : call.elapsedMs - startMs - gateMs);
    if (!entry.held) permit.release();
  });
}

function tooLong(pauseMs: number, maxPause: number): string {
  return `the server's pause of ${Math.ceil(pauseMs)} ms exceeds followServer.maxPause of ${maxPause} ms`;
}

/** What a function of the user's has given: a number that is none would stop the whole key. */
function given(option: 'weight' | 'priority', value: number): number {
  checkGiven('rateLimit', { [option]: value ?? Number.NaN });
  return value;
}

/** Of an absolute URL, without parsing all of it. */
function originOf(url: string): string {
  const end = url.indexOf('/', url.indexOf('//') + 2);
  return end < 0 ? url : url.slice(0, end);
}
