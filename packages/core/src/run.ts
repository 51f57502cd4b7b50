import type {
  BeforeErrorHook,
  BeforeRetryHook,
  Hooks,
  NormalizedOptions,
  Options as KyOptions,
  RetryOptions,
} from 'ky';
import { Attempt, Call } from './call.ts';
import { errorCode } from './classify.ts';

/** Looked up at each call: a global `fetch` that is replaced later is seen. */
const platformFetch: NonNullable<KyOptions['fetch']> = (input, init) => globalThis.fetch(input, init);

/** ky's own default of `retry.limit`. */
const kyRetryLimit = 2;

/** A request on its way, with ky's options. */
export interface Passing {
  readonly request: Request;
  readonly options: Readonly<NormalizedOptions>;
}

/** Verdicts that ky does not ask for. */
export interface Judge {
  /** On a response that ky would hand on: throws it into ky's loop to have it sent again. */
  answer(response: Response, request: Request): Promise<void>;
  /** On an error that ky throws without having asked. */
  late(error: Error): Promise<void>;
  /** Forgets the last verdict: ky is forced to send again. */
  forget(): void;
}

/** One call in motion: what the places know together. Slots that an engine fills are empty where no layer needs it. */
export class Run {
  readonly call: Call = new Call();
  /** ky's options of this call, and its hooks. */
  readonly ky: KyOptions;
  readonly hooks: Hooks;
  /** ky's own `retry` options, as the user gave them. */
  readonly retry: RetryOptions;
  /** Retries ky will allow. */
  limit: number;
  /** Retries made, as ky counts them. */
  retryCount = 0;
  /** Resends beyond the limit that layers have set aside, and those of them that were used. */
  spares = 0;
  sparesUsed = 0;
  /** The request last seen. */
  request: Request | undefined;
  /** What sends, in the end. */
  fetch: NonNullable<KyOptions['fetch']>;
  attempt: Attempt | undefined;
  /** Answers taken so far: of several the last is the one the call ends with. */
  answers = 0;
  /** `afterResponse` hooks of the user's that are still to run on the answer at hand, and what waits for them. */
  hooksDue = 0;
  whenHooked: (() => void) | undefined;
  /** The answer that is to be sent again and that ky would have handed on: it is still the caller's when the gate refuses. */
  held: { readonly response: Response; readonly attempt: Attempt | undefined } | undefined;

  /** ky's `beforeRetry` of this call, the user's hooks inside. */
  resend: BeforeRetryHook | undefined;
  /** Whether a hook of the user's looks at errors before a resend. */
  showsErrors = false;
  /** ky's `beforeError` of this call. */
  beforeError: BeforeErrorHook | undefined;
  /** The gate: takes a request through. */
  enter: ((passing: Passing, first: boolean) => Promise<Response | void>) | undefined;
  /** The onion around `fetch`. */
  onion: ((run: Run, attempt: Attempt, request: Request, init: RequestInit) => Promise<Response>) | undefined;
  /** Gives an error the class of the layer that knows it. */
  identify: ((run: Run, error: Error) => Error) | undefined;
  /** Judges what ky does not ask about. */
  judge: Judge | undefined;
  /** Listens for the end of the body the call ends with. */
  listen: ((response: Response) => Response) | undefined;
  /** Tells the layers that the call is over. */
  announce: (() => void) | undefined;
  /** Watches the caller's signal, for the ends that ky tells nobody of; and stops watching. */
  watchAbort: (() => void) | undefined;
  unwatchAbort: (() => void) | undefined;
  /** The answer, where ky may have no time left to read it. Held weakly: one that its caller drops is collected. */
  answered: WeakRef<Response> | undefined;
  /** Whether ky's last error is on its way to the caller: it ends the call, whatever else happens meanwhile. */
  failing = false;
  /** Whether a hook of the user's has put another request in place, which ky's signal may not reach. */
  replaced = false;

  /** The first request, where the caller's signal may be inside of it: it is reached by no other in all cases. */
  first: Request | undefined;

  #idleSince = 0;
  #raised: unknown;
  #named: Error | undefined;

  constructor(ky: KyOptions, hooks: Hooks, configure: (call: Call) => void) {
    this.ky = ky;
    this.hooks = hooks;
    this.fetch = ky.fetch ?? platformFetch;
    this.call.signal = ky.signal ?? null;
    this.retry = retryOptions(ky);
    configure(this.call);
    this.limit = retryOptions(ky).limit ?? kyRetryLimit;
    if (typeof ky.totalTimeout === 'number') this.call.deadlineMs = ky.totalTimeout;
  }

  /** The pass that is on; a new one when the last is over. */
  pass(request: Request): Attempt {
    const { call } = this;
    this.request = request;
    if (!call.signal) this.first ??= request;
    if (!this.attempt || this.attempt.over) {
      this.watchAbort?.();
      const { elapsedMs } = call;
      call.sees(request);
      call.phase = 'queued';
      call.status = undefined;
      const { startMs = 0, gateMs = 0, headersMs = 0 } = this.attempt ?? {};
      // Where no layer is asked for a verdict, nobody has said that the wait begins.
      const idleSince = Math.max(this.#idleSince, startMs + gateMs + headersMs);
      this.attempt = new Attempt(
        call.attempts.length + 1,
        elapsedMs,
        this.attempt ? elapsedMs - idleSince : 0,
      );
      call.attempts.push(this.attempt);
    }
    return this.attempt;
  }

  /** Ends a pass that failed. */
  fail(attempt: Attempt | undefined, error: unknown): void {
    if (!attempt) return;
    const { phase, elapsedMs } = this.call;
    attempt.error = errorCode(error);
    if (phase === 'headers') attempt.headersMs ??= elapsedMs - attempt.startMs - attempt.gateMs;
    else attempt.gateMs = elapsedMs - attempt.startMs;
    attempt.end();
  }

  /** The pass is over, and another may follow after a wait. */
  backOff(): void {
    this.#idleSince = this.call.elapsedMs;
    this.watchAbort?.();
  }

  /** Retries made that count towards the limit. */
  get retriesMade(): number {
    return this.retryCount - this.sparesUsed;
  }

  /** What the caller aborts with; ky's own signal where the caller's is inside a Request and cannot be told apart. */
  get signal(): AbortSignal | undefined {
    const { call, first, request } = this;
    return call.signal ?? (first?.signal.aborted ? request : first)?.signal;
  }

  /** Whether the error is what the caller aborted with. A timeout of ky's is an error of its own, not the reason. */
  isAbort(error: unknown): boolean {
    const { call, first, request } = this;
    const signals = call.signal ? [call.signal] : [first?.signal, request?.signal];
    return signals.some((signal) => signal?.aborted === true && error === signal.reason);
  }

  /** An answer has come: what was raised before is over. An error holds the stack it was made on, and that may hold the answer. */
  forgetRaised(): void {
    this.#raised = undefined;
    this.#named = undefined;
  }

  /** Nobody will be given the answer that was held. */
  dropHeld(): void {
    drop(this.held?.response);
    this.held = undefined;
  }

  /** The error in the words of the layer that knows it; the same object each time it is asked. */
  name(error: Error): Error {
    if (!this.identify || this.#named === error || this.isAbort(error)) return error;
    if (this.#raised !== error) {
      this.#raised = error;
      this.#named = this.identify(this, error);
    }
    return this.#named!;
  }
}

/** Gives back the body of a response that nobody will read. */
export function drop(response: Response | undefined): void {
  void response?.body?.cancel().catch(() => undefined);
}

/** ky's `retry` in its long form. What ky refuses is left to ky to refuse. */
export function retryOptions({ retry }: KyOptions): RetryOptions {
  if (typeof retry === 'number') return { limit: retry };
  return typeof retry === 'object' && retry !== null ? retry : {};
}
