import { redactUrl } from './redact.ts';

/** Where a call stands: waiting to be sent, waiting for headers, reading the body, waiting to be sent again. */
export type Phase = 'queued' | 'headers' | 'body' | 'backoff';

/**
 * How a call ended.
 *
 * - `ok`: the body was read, or there was none
 * - `cancelled`: the caller cancelled the body
 * - `unread`: the response was dropped with its body unread
 * - `failed`: an error was thrown, or the body broke
 * - `aborted`: the caller's own signal ended it
 * - `stopped`: a hook returned `ky.stop`
 */
export type CallOutcome = 'ok' | 'cancelled' | 'unread' | 'failed' | 'aborted' | 'stopped';

/** What a layer decided about an attempt, and why. */
export interface Decision {
  /** The attempt it speaks of, from 1; 0 before the first. */
  readonly attempt: number;
  readonly layer: string;
  /** `retry` and `stop` by the verdict; layers may add words of their own. */
  readonly verdict: string;
  /** In words, such as `status 503 is retryable`. */
  readonly reason: string;
  /** The wait that goes with it, in milliseconds. */
  readonly delayMs?: number;
}

/** One pass through gate and wire. Times are milliseconds on a monotonic clock. */
export interface AttemptRecord {
  /** From 1. */
  readonly number: number;
  /** From the start of the call to the start of this pass. */
  readonly startMs: number;
  /** The wait before this pass: backoff or a server's pause. */
  readonly backoffMs: number;
  /** In the gate, waiting included. */
  readonly gateMs: number;
  /** The part of `gateMs` spent in queues. */
  readonly queuedMs: number;
  /** From sending to the headers, or to the failure. */
  readonly headersMs?: number;
  /** From the headers to the end of the body; known where a layer listens for it. */
  readonly bodyMs?: number;
  readonly status?: number;
  /** What failed, by its short name, such as `ECONNRESET`. */
  readonly error?: string;
}

/** What is known of one call: what users look at, and how layers cooperate. It holds no secrets. */
export interface CallRecord {
  /** Unique within the process, and across processes as far as chance allows. */
  readonly id: string;
  /** As sent; empty until the request is known. */
  readonly method: string;
  /** As sent, without credentials and signatures; empty until the request is known. */
  readonly url: string;
  /** The template of the path, such as `/users/:id`, where a layer knows it. */
  readonly route?: string | undefined;
  /** When the call began, in milliseconds since the epoch. */
  readonly startTimeMs: number;
  /** From the start to the end; absent until the call is settled. */
  readonly durationMs?: number;
  /** When the call must have ended, in milliseconds from its start. */
  readonly deadlineMs?: number;
  readonly idempotencyKey?: string;
  /** The one that the server names, else the one that was sent; known where a layer deals with it. */
  readonly requestId?: string | undefined;
  /** The server takes a second copy for the first: any method may be sent again. */
  readonly replaySafe: boolean;
  /** Why this call must not be sent twice, such as `its body is a stream`. */
  readonly sendOnce?: string;
  /** The server's pause: nothing is sent before, in milliseconds from the start. */
  readonly notBeforeMs?: number;
  /** A layer of the gate keeps the server's pause, so nothing else has to wait for it. */
  readonly paced?: boolean;
  /** A layer sends again what fails for a passing reason: who knows of one more such reason can count on it. */
  readonly resends?: boolean;
  readonly phase: Phase;
  /** Of the answer that the call ends with, be it a cache's or one that a hook has put there; absent without one. */
  readonly status?: number | undefined;
  readonly attempts: readonly AttemptRecord[];
  readonly decisions: readonly Decision[];
  /** Absent until the call is settled. */
  readonly outcome?: CallOutcome;
  /** What failed, by its short name. */
  readonly error?: string;
  /** A drawing of it; a console shows the same. */
  toString(): string;
}

let calls = 0;
let processId = '';

/** The record as layers see it: they add decisions and set what they know; core writes times and statuses. */
export class Call implements CallRecord {
  readonly startTimeMs: number = Date.now();
  readonly attempts: Attempt[] = [];
  readonly decisions: Decision[] = [];
  route?: string | undefined;
  /** Told of each request, before the gate; the route it finds stands unless one is set. For the layer that knows the routes. */
  findRoute?: (request: Request) => string | undefined;
  durationMs?: number;
  deadlineMs?: number;
  idempotencyKey?: string;
  declare requestId?: string | undefined;
  replaySafe = false;
  sendOnce?: string;
  notBeforeMs?: number;
  paced?: boolean;
  resends?: boolean;
  phase: Phase = 'queued';
  declare status?: number | undefined;
  outcome?: CallOutcome;
  error?: string;
  /** The caller's signal; never ky's own. */
  signal?: AbortSignal | null;
  readonly #start = performance.now();
  readonly #number = ++calls;
  #request: Request | undefined;
  #method = '';
  #url = '';

  get id(): string {
    processId ||= Math.random().toString(36).slice(2, 10);
    return `${processId}-${this.#number}`;
  }

  get method(): string {
    this.forget();
    return this.#method;
  }

  get url(): string {
    this.forget();
    return this.#url;
  }

  /** Milliseconds since the call began. */
  get elapsedMs(): number {
    return performance.now() - this.#start;
  }

  /** Milliseconds until the deadline, `Infinity` without one. */
  get remainingMs(): number {
    return this.deadlineMs === undefined ? Infinity : this.deadlineMs - this.elapsedMs;
  }

  /** Takes note of the request, once it is known; most records are never read, so what it says is read when asked. */
  sees(request: Request): void {
    this.#request = request;
    const found = this.findRoute?.(request);
    this.route ??= found;
  }

  /** Lets go of the request, which a record must not keep alive. */
  forget(): void {
    if (!this.#request) return;
    this.#method = this.#request.method;
    this.#url = redactUrl(this.#request.url);
    this.#request = undefined;
  }

  decide(layer: string, verdict: string, reason: string, delayMs?: number): void {
    const attempt = this.attempts.length;
    this.decisions.push({ attempt, layer, verdict, reason, ...(delayMs !== undefined && { delayMs }) });
  }

  toJSON(): CallRecord {
    const { id, method, url, signal: _, findRoute: __, ...known }: Call = this;
    return { id, method, url, ...known };
  }
}

/** One pass, as layers see it. */
export class Attempt implements AttemptRecord {
  readonly number: number;
  readonly startMs: number;
  readonly backoffMs: number;
  gateMs = 0;
  queuedMs = 0;
  headersMs?: number;
  bodyMs?: number;
  status?: number;
  error?: string;
  #deferred: (() => void)[] | undefined;
  #over = false;

  constructor(number: number, startMs: number, backoffMs: number) {
    this.number = number;
    this.startMs = startMs;
    this.backoffMs = backoffMs;
  }

  /** Whether this pass has ended: headers are here, or it failed. */
  get over(): boolean {
    return this.#over;
  }

  /** Runs when this pass ends, whatever the way: the place to give a permit back. At once if it is over already. */
  defer(release: () => void): void {
    if (this.#over) release();
    else (this.#deferred ??= []).push(release);
  }

  /** Ends this pass, once; what was deferred runs, last in first out. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    const deferred = this.#deferred?.reverse() ?? [];
    // The record outlives the answer, which what was deferred may hold.
    this.#deferred = undefined;
    for (const release of deferred) {
      try {
        release();
      } catch {
        // A release that throws must not keep the others from running.
      }
    }
  }
}
