import type { NormalizedOptions, Options as KyOptions } from 'ky';
import type { Attempt, Call } from './call.ts';
import type { Place, Step } from './place.ts';
import { hookResend } from './resend.ts';
import type { Passing, Run } from './run.ts';
import { answer, fail } from './settle.ts';

const stages = ['prepare', 'answer', 'guard', 'admit', 'sign'] as const;

/** A pass through the gate. */
export interface Pass {
  readonly call: Call;
  readonly attempt: Attempt;
  /** About to be sent; its headers may be changed. */
  readonly request: Request;
  /** Aborts when the caller aborts and when the call's time is up. Every wait must heed it. */
  readonly signal: AbortSignal;
  /** ky's options of this call. */
  readonly ky: Readonly<NormalizedOptions>;
}

/** Everything that may wait or refuse, before ky starts the clock of the attempt, and again before each resend. */
export interface Gate<Options> {
  /**
   * - `prepare`: once per call: idempotency key, validation of the request, route, request id
   * - `answer`: an answer without the network (cache, dedupe)
   * - `guard`: may this be sent at all (deadline, circuit breaker)
   * - `admit`: wait for a permit (rate limit, concurrency)
   * - `sign`: credentials, set after all waiting
   */
  readonly stage: (typeof stages)[number];
  /** Whether this call needs it at all; when no layer does, nothing is hooked. */
  readonly when?: (ky: KyOptions, options: Options) => boolean;
  /** A Response returned is the answer; nothing is sent then. */
  readonly run: (pass: Pass, options: Options) => void | Response | Promise<void | Response>;
}

/** Occupies the gate. */
export function gate<Options>(definition: Gate<Options>): Place<Options> {
  return { ...definition, kind: 'gate', order: stages.indexOf(definition.stage), engine };
}

function engine(run: Run, steps: readonly Step[]): void {
  const gates = steps.map(({ place, options }) => ({ ...(place as unknown as Gate<never>), options }));
  if (!gates.some(({ when, options }) => when?.(run.ky, options) ?? true)) return;
  run.enter = async ({ request, options: ky }, first) => {
    const { call } = run;
    const attempt = run.pass(request);
    const pass: Pass = { call, attempt, request, signal: request.signal, ky };
    try {
      for (const { stage, run: step, options } of gates) {
        if (stage === 'prepare' && !first) continue;
        const response = await step(pass, options);
        if (response) {
          attempt.end();
          return answer(run, response);
        }
        // Nobody waits for this pass any more, though the step did not heed the signal.
        request.signal.throwIfAborted();
      }
    } catch (error) {
      fail(run, attempt, error);
      throw error;
    }
    if (call.sendOnce) sendOnce(run, ky);
    return undefined;
  };
  run.hooks.beforeRequest = [
    ...(run.hooks.beforeRequest ?? []),
    (state) => run.enter!(state as Passing, true),
  ];
  hookResend(run);
}

/** With a limit of 0 ky does not clone the request, which for a stream would buffer all of it. */
function sendOnce(run: Run, ky: Pass['ky']): void {
  run.limit = 0;
  ky.retry.limit = 0;
}
