import {
  HTTPError,
  isHTTPError,
  type NormalizedOptions,
  type Options as KyOptions,
  type RetryOptions,
} from 'ky';
import type { Call } from './call.ts';
import { errorCode } from './classify.ts';
import { readErrorData } from './error-data.ts';
import { tooLong } from './time-left.ts';
import { type Judge, retryOptions, type Run } from './run.ts';
import { settleError, throws } from './settle.ts';

/** What became of an attempt. */
export interface Outcome {
  readonly call: Call;
  readonly request: Request;
  /** What was thrown; for a status an `HTTPError`, also where ky would not throw it. */
  readonly error: Error;
  /** The answer, unread or read into `error.data`; absent when none came. */
  readonly response: Response | undefined;
  /** Retries made so far, as ky counts them. */
  readonly retryCount: number;
  /** Retries that the limit still allows; a spare resend counts on top of it. */
  readonly retriesLeft: number;
  /** ky's own `retry` options of this call, as the user gave them. */
  readonly ky: RetryOptions;
}

/** What a layer says of an outcome: send again after `delay` milliseconds, or let it stand. */
export type Verdict =
  | {
      readonly verdict: 'retry';
      readonly delay: number;
      readonly reason: string;
      /** By one of the resends that the layer has set aside, which leave the limit as it is. */
      readonly spare?: boolean;
    }
  | { readonly verdict: 'stop'; readonly reason: string };

/** A layer that has a say. */
export interface Decider {
  readonly layer: string;
  readonly decide: (outcome: Outcome) => Verdict | undefined | Promise<Verdict | undefined>;
}

/** The methods ky retries by default. */
const kyMethods: readonly string[] = ['get', 'put', 'head', 'delete', 'options', 'trace', 'query'];
/** Steers ky's own retry loop: whether and when to send again is asked of the layers, everything else stays ky's. */
export class Steering implements Judge {
  readonly #run: Run;
  readonly #deciders: readonly Decider[];
  /** What was judged last, and how: ky acts on it next. */
  #judged: unknown;
  #verdict: Verdict | undefined;

  constructor(run: Run, deciders: readonly Decider[], spares: number) {
    this.#run = run;
    this.#deciders = deciders;
    const { ky, retry } = run;
    const set = retryOptions(ky);
    run.spares = spares;
    const { retry: given = set } = ky;
    // Such as `retry: false`: ky refuses it, and is to see it.
    if (typeof given !== 'number' && given !== set) return;
    ky.retry = {
      ...set,
      // Above the limit only spare resends are granted.
      ...(spares > 0 && { limit: run.limit + spares }),
      shouldRetry: ({ error, retryCount }) => this.#shouldRetry(error, retryCount),
      delay: (retryCount) => this.#delay(retryCount),
    };
    // ky would alter the wait of a verdict: what the user set is applied in `kyDelay`.
    if (retry.jitter !== undefined) ky.retry.jitter = undefined;
    if (retry.backoffLimit !== undefined) ky.retry.backoffLimit = Infinity;
    const methods = judgedMethods(ky, set);
    if (methods) ky.retry.methods = methods;
  }

  async #shouldRetry(raised: Error, retryCount: number): Promise<boolean | undefined> {
    const run = this.#run;
    const { call } = run;
    const error = run.name(raised);
    // What was thrown and is no Error, ky wraps for this question only; it then throws it past `beforeError`.
    const isWrapped = raised.name === 'NonError';
    const thrown = isWrapped ? (raised as Error & { readonly value?: unknown }).value : error;
    // By what ky raised: a layer may give a status an error class of its own.
    if (!isHTTPError(raised)) run.fail(run.attempt, thrown);
    if (run.isAbort(isWrapped ? thrown : raised)) return false;
    const verdict = this.#judged === raised ? this.#verdict : await this.#consider(raised);
    const again = verdict ? verdict.verdict === 'retry' : await this.#askKy(error, retryCount);
    if (again) call.phase = 'backoff';
    if (!again && isWrapped) settleError(run, thrown);
    else run.backOff();
    return again;
  }

  /** Nobody has a say: ky's own rules, of which the widened list of methods hides one. */
  async #askKy(error: Error, retryCount: number): Promise<boolean | undefined> {
    const { retry, retriesMade, limit } = this.#run;
    return this.#listed && retriesMade < limit ? retry.shouldRetry?.({ error, retryCount }) : false;
  }

  /** Whether the method is one that the user's options let ky retry. */
  get #listed(): boolean {
    const { retry, call } = this.#run;
    const methods: readonly string[] = retry.methods ?? kyMethods;
    return methods.some((method) => method.toLowerCase() === call.method.toLowerCase());
  }

  /** ky asks for the delay after `shouldRetry`, and for a forced retry without it. */
  #delay(retryCount: number): number {
    const { call, retry, sparesUsed } = this.#run;
    const verdict = this.#verdict;
    const judged = this.#judged;
    this.forget();
    call.phase = 'backoff';
    if (verdict?.verdict === 'retry') return verdict.delay;
    const delay = kyDelay(retry, retryCount - sparesUsed);
    const obstacle = judged === undefined ? undefined : tooLong(call, delay);
    if (obstacle === undefined) return delay;
    call.decide('ky', 'stop', obstacle);
    throw judged;
  }

  forget(): void {
    this.#verdict = undefined;
    this.#judged = undefined;
  }

  /** Asks the layers. Who says `retry` settles it, unless the limit or the deadline forbids it. */
  async #consider(raised: Error, response?: Response, forbidden?: string): Promise<Verdict | undefined> {
    const { call, retryCount, retriesMade, limit, retry, request } = this.#run;
    const error = this.#run.name(raised);
    const outcome: Outcome = {
      call,
      request: request!,
      error,
      response: response ?? (isHTTPError(raised) ? raised.response : undefined),
      retryCount,
      retriesLeft: forbidden ? 0 : limit - retriesMade,
      ky: retry,
    };
    let verdict: Verdict | undefined;
    let author = '';
    for (const { layer, decide } of this.#deciders) {
      let said: Verdict | undefined;
      try {
        said = await decide(outcome);
      } catch (thrown) {
        call.decide(layer, 'threw', `its decide() threw ${errorCode(thrown)}`);
      }
      if (!said || (verdict && said.verdict === 'stop')) continue;
      verdict = said;
      author = layer;
      if (said.verdict === 'retry') break;
    }
    if (verdict?.verdict === 'retry') {
      const obstacle = forbidden ?? this.#obstacle(verdict);
      if (obstacle) verdict = { verdict: 'stop', reason: `${verdict.reason}, but ${obstacle}` };
      else if (verdict.spare) this.#run.sparesUsed++;
    }
    if (verdict)
      call.decide(author, verdict.verdict, verdict.reason, 'delay' in verdict ? verdict.delay : undefined);
    this.#judged = raised;
    this.#verdict = verdict;
    return verdict;
  }

  #obstacle({ spare, delay }: Verdict & { readonly verdict: 'retry' }): string | undefined {
    const { call, limit, retriesMade, spares, sparesUsed } = this.#run;
    if (spare ? sparesUsed < spares : retriesMade < limit) return tooLong(call, delay);
    return spare ? 'no resend is left for it' : limitReached(limit);
  }

  /** A status that ky would hand on is thrown into ky's loop only to be sent again; else the caller gets it unread. */
  async answer(response: Response, request: Request): Promise<void> {
    const run = this.#run;
    if (response.type === 'opaque' || throws(run, response)) return;
    // Its options are replaced by ky's normalised ones before a hook sees them.
    const error = new HTTPError(response, request, run.ky as unknown as NormalizedOptions);
    const verdict = await this.#consider(error, response);
    if (verdict?.verdict !== 'retry') {
      // Nothing is thrown, and the response is the caller's.
      this.forget();
      return;
    }
    const { parseJson } = run.ky;
    if (run.showsErrors)
      error.data = await readErrorData(
        response.clone(),
        parseJson && ((text) => parseJson(text, { request, response })),
      );
    run.held = { response, attempt: run.attempt };
    throw error;
  }

  /** ky throws without asking at the limit, for methods it does not list and when a total is over; the record says why all the same. */
  async late(raised: Error): Promise<void> {
    const run = this.#run;
    const { call, attempt, retriesMade, limit } = run;
    if (!attempt || this.#judged === raised || run.isAbort(raised)) return;
    // What a gate has refused to send again was judged before.
    if (call.phase !== 'headers' && !(call.phase === 'body' && isHTTPError(raised))) return;
    if (retriesMade >= limit) await this.#consider(raised, undefined, limitReached(limit));
    else if (!this.#listed) await this.#consider(raised, undefined, `ky does not retry ${call.method}`);
    else await this.#consider(raised, undefined, 'ky has ended the call');
  }
}

/**
 * The methods whose outcomes ky must bring before the layers, for it has no wildcard: the one that is used, and those a
 * Request may bring. `undefined` where ky's own list does, or where ky will refuse what the user gave.
 */
function judgedMethods(
  { method }: KyOptions,
  { methods = kyMethods as string[] }: RetryOptions,
): string[] | undefined {
  if (!Array.isArray(methods) || (method && methods.includes(method))) return undefined;
  return [...methods, ...(method ? [method] : [...kyMethods, 'post', 'patch'])];
}

/** The delay as ky computes it. */
function kyDelay({ delay, jitter, backoffLimit = Infinity }: RetryOptions, retryCount: number): number {
  const planned = delay?.(retryCount) ?? 300 * 2 ** (retryCount - 1);
  let spread = planned;
  if (jitter === true) spread = Math.random() * planned;
  else if (typeof jitter === 'function') spread = jitter(planned);
  return Math.min(backoffLimit, Number.isFinite(spread) && spread >= 0 ? spread : planned);
}

function limitReached(limit: number): string {
  return `the limit of ${limit} retries is reached`;
}
