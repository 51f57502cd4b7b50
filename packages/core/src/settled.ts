import { tapBody } from './body-tap.ts';
import type { Call, CallRecord } from './call.ts';
import { errorCode } from './classify.ts';
import type { Place, Step } from './place.ts';
import { hookResend } from './resend.ts';
import type { Run } from './run.ts';
import { fail, settle } from './settle.ts';

type Listener<Options> = (call: CallRecord, options: Options) => void;

/** What the place holds besides the listener. */
interface Settled<Options> {
  readonly listener: Listener<Options>;
  readonly watches: ((options: Options) => boolean) | undefined;
}

/**
 * Listens for the end of the call: exactly once, after its body was read, cancelled, broken or dropped unread, or with
 * its error. What the listener throws is noted on the record and breaks nothing.
 *
 * @param watches whether these options need the body watched, which has its price; where no layer does, listeners hear
 * of calls that end without a response only
 */
export function settled<Options>(
  listener: Listener<Options>,
  watches?: (options: Options) => boolean,
): Place<Options> {
  return { kind: 'settled', stage: 'settled', order: 0, engine, listener, watches } as Place<Options>;
}

function engine(steps: readonly Step[]): (run: Run) => void {
  const watched = steps.some(({ place, options }) => settledOf(place).watches?.(options) ?? true);
  return (run) => {
    run.announce = () => announce(run.call, steps);
    run.listen = (response) => (watched ? listen(run, response) : unwatched(run, response));
    watchAborts(run);
    hookResend(run);
  };
}

/** From the first pass on, for ky may refuse to begin. Until the answer is here, an abort whose reason is no Error ends the call without a word to `beforeError`. */
function watchAborts(run: Run): void {
  let watched: AbortSignal | undefined;
  const onAbort = (): void => {
    const { reason } = watched!;
    if (!(reason instanceof Error)) fail(run, run.attempt!, reason);
  };
  run.unwatchAbort = () => watched?.removeEventListener('abort', onAbort);
  run.watchAbort = () => {
    run.unwatchAbort!();
    watched = run.signal;
    watched?.addEventListener('abort', onAbort, { once: true });
  };
}

function settledOf(place: Step['place']): Settled<never> {
  return place as unknown as Settled<never>;
}

function announce(call: Call, steps: readonly Step[]): void {
  for (const { layer, place, options } of steps) {
    tell(call, layer, () => settledOf(place).listener(call, options));
  }
}

/** Calls a listener. What it throws, or rejects with, is noted on the record and breaks nothing. */
export function tell(call: CallRecord, layer: string, listener: () => unknown): void {
  const note = (thrown: unknown): void =>
    (call as Call).decide(layer, 'threw', `its listener threw ${errorCode(thrown)}`);
  try {
    const told = listener();
    if (told instanceof Promise) told.catch(note);
  } catch (thrown) {
    note(thrown);
  }
}

/** The answer is here: the call can no longer end in silence, and its body is nobody’s business. */
function unwatched(run: Run, response: Response): Response {
  run.unwatchAbort?.();
  return response;
}

function listen(run: Run, response: Response): Response {
  const { call, attempt, answers } = run;
  const startMs = call.elapsedMs;
  run.unwatchAbort?.();
  tapBody(response, {
    ended(end, error) {
      // Where a hook has put another response in its place, this one is no end of the call.
      const finish = (): void => {
        // Out of time, ky breaks off the body on its way to its error, which is what the caller gets.
        if (answers === run.answers && !run.failing) settle(run, run.isAbort(error) ? 'aborted' : end, error);
      };
      if (answers === run.answers && attempt) attempt.bodyMs = call.elapsedMs - startMs;
      // Hooks that are still to run may throw, or have it sent again.
      if (run.hooksDue > 0) run.whenHooked = finish;
      else finish();
    },
  });
  return response;
}
