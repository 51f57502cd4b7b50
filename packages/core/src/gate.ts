import type { NormalizedOptions, Options as KyOptions } from 'ky';
import type { Attempt, Call } from './call.ts';
import { linkSignal } from './link-signal.ts';
import type { Place, Step } from './place.ts';
import { hookResend } from './resend.ts';
import type { Passing, Run } from './run.ts';
import { answer, fail } from './settle.ts';
import { startTimer } from './timers.ts';

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

type Guarded = Gate<never> & { readonly options: never };

function engine(steps: readonly Step[]): (run: Run) => void {
  const all = steps.map(({ place, options }): Guarded => ({ ...(place as unknown as Gate<never>), options }));
  const always = all.every(({ when }) => !when);
  return (run) => {
    const gates = always ? all : all.filter(({ when, options }) => when?.(run.ky, options) ?? true);
    if (gates.length === 0) return;
    const { hooks } = run;
    const enter: NonNullable<Run['enter']> = (passing, first) => pass(run, gates, passing, first);
    run.enter = enter;
    hooks.beforeRequest = [...(hooks.beforeRequest ?? []), (state) => enter(state, true)];
    hookResend(run);
  };
}

/** Takes a request through the gate. What was deferred runs when it does not come out on the other side. */
async function pass(
  run: Run,
  gates: readonly Guarded[],
  { request, options: ky }: Passing,
  first: boolean,
): Promise<Response | void> {
  const { call } = run;
  const attempt = run.pass(request);
  const { signal, release } = signalOf(run, request, first);
  const passing: Pass = { call, attempt, request, signal, ky };
  try {
    for (const { stage, run: step, options } of gates) {
      if (stage === 'prepare' && !first) continue;
      const given = step(passing, options);
      // Most need not wait: who does not await saves a turn.
      const response = given && (await given);
      if (response) {
        attempt.end();
        return answer(run, response);
      }
      // Nobody waits for this pass any more, though the step did not heed the signal.
      signal.throwIfAborted();
    }
  } catch (error) {
    fail(run, attempt, error, true);
    throw error;
  } finally {
    release?.();
  }
  if (call.sendOnce) sendOnce(run, ky);
  return undefined;
}

interface PassSignal {
  readonly signal: AbortSignal;
  readonly release?: () => void;
}

/**
 * The first request's own signal, which ky aborts for the caller and when the time is up. A resend is a clone, and in Node
 * the abort does not reach a clone once garbage was collected; behind a timeout its signal stays aborted until ky sends
 * again; and a request that a hook has put in place may have none of ky's. Such a pass follows the caller and the
 * deadline by itself. (Behind a timeout, a caller's signal inside a Request cannot be seen; ky heeds it when it sends.)
 */
function signalOf(run: Run, { signal }: Request, first: boolean): PassSignal {
  if (first && !run.replaced) return { signal };
  const { call } = run;
  const alive = (other?: AbortSignal): AbortSignal | undefined => (other?.aborted ? undefined : other);
  const linked = linkSignal(call.signal, alive(run.first?.signal), alive(run.replaced ? undefined : signal));
  // Later than ky's own clock, which tells the caller; this one only ends the wait that nobody waits for any more.
  const stop = startTimer(call.remainingMs + 50, () => linked.abort(new DOMException('', 'AbortError')));
  return {
    signal: linked.signal,
    release: () => {
      stop();
      linked.unlink();
    },
  };
}

/** With a limit of 0 ky does not clone the request, which for a stream would buffer all of it. */
function sendOnce(run: Run, ky: Pass['ky']): void {
  run.limit = 0;
  run.spares = 0;
  ky.retry.limit = 0;
}
