import { startTimer } from '@kyhooks/core';
import { failureOf } from './failure.ts';
import { check, fanOutDefaults, type FanOutOptions, timeUntil } from './options.ts';
import { type FanOutProgress, progressOf, sizeOf } from './progress.ts';
import type { FanOutItem, FanOutResult } from './item.ts';
import type { Failure } from './types.ts';

/** What a call of a fan-out is given besides its input. */
export interface FanOutContext {
  /** Aborts when the run ends early: hand it to ky. */
  readonly signal: AbortSignal;
  /** Position of the input, from 0. */
  readonly index: number;
}

/**
 * How a run ended: all inputs done, or by `stopOn`, the signal, the deadline, the reader who left, or what the inputs or
 * `stopOn` threw.
 */
export type FanOutEnd = 'completed' | 'stopped' | 'aborted' | 'deadline' | 'left' | 'failed';

/** A run. It begins when it is first asked for a result, and can be read once. */
export interface FanOut<Input, Value> extends AsyncIterable<FanOutItem<Input, Value>> {
  /** `undefined` until it has ended. */
  readonly end: FanOutEnd | undefined;
  readonly progress: FanOutProgress;
  /** All results as an array. Rejects only when the inputs or `stopOn` throw. */
  toArray(): Promise<FanOutItem<Input, Value>[]>;
}

type Inputs<Input> = Iterable<Input> | AsyncIterable<Input>;

/**
 * Makes a call for each input, a bounded number at a time, and gives what became of each.
 *
 * Inputs may be endless and results are streamed in bounded memory: the next input is asked for when it can be run, and
 * nothing is begun while `concurrency` results wait to be read. A call that fails ends none of the others.
 *
 * @throws OptionsError naming every option that is not valid
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { fanOut, result } from '@kyhooks/result';
 *
 * const users = fanOut([1, 2, 3], (id, { signal }) =>
 *   result(ky.get(`https://api.example.com/v1/users/${id}`, { signal })),
 * );
 * for await (const { input, result } of users) console.log(input, result.ok);
 * ```
 */
export function fanOut<Input, Value>(
  inputs: Inputs<Input>,
  call: (input: Input, context: FanOutContext) => Value | PromiseLike<Value>,
  options: FanOutOptions<Input, Value> = {},
): FanOut<Input, Value> {
  check('fanOut', options);
  return new Run(inputs, call, options);
}

interface Running<Input> {
  readonly input: Input;
  readonly startMs: number;
  readonly controller: AbortController;
}

class Run<Input, Value> implements FanOut<Input, Value> {
  readonly #inputs: Inputs<Input>;
  readonly #call: (input: Input, context: FanOutContext) => Value | PromiseLike<Value>;
  readonly #options: FanOutOptions<Input, Value>;
  readonly #concurrency: number;
  /** In flight, by index. */
  readonly #running = new Map<number, Running<Input>>();
  /** Finished and not read, by index. */
  readonly #finished = new Map<number, FanOutItem<Input, Value>>();
  #source: Iterator<Input> | AsyncIterator<Input> | undefined;
  /** Who reads the results. */
  #reader: object | undefined;
  #pulling = false;
  #begun = 0;
  #done = 0;
  #failed = 0;
  #startMs = 0;
  /** Why no further input is begun; the run is over when nothing is in flight either. */
  #closed: FanOutEnd | undefined;
  /** What the inputs or `stopOn` have thrown: the reader gets it behind all results. */
  #thrown: unknown;
  #wake: () => void = () => undefined;

  constructor(
    inputs: Inputs<Input>,
    call: (input: Input, context: FanOutContext) => Value | PromiseLike<Value>,
    options: FanOutOptions<Input, Value>,
  ) {
    this.#inputs = inputs;
    this.#call = call;
    this.#options = options;
    this.#concurrency = options.concurrency ?? fanOutDefaults.concurrency;
  }

  get end(): FanOutEnd | undefined {
    return this.#running.size === 0 ? this.#closed : undefined;
  }

  get progress(): FanOutProgress {
    const counts = {
      done: this.#done,
      failed: this.#failed,
      running: this.#running.size,
      total: sizeOf(this.#inputs),
    };
    return progressOf(counts, this.#reader ? performance.now() - this.#startMs : 0);
  }

  [Symbol.asyncIterator](): AsyncGenerator<FanOutItem<Input, Value>> {
    const own = {};
    const reader = this.#read(this.#options.order ?? fanOutDefaults.order, own);
    const leave = reader.return.bind(reader);
    // A generator would wait for the result that was asked for last.
    reader.return = (value) => {
      if (this.#reader === own) this.#leave();
      return leave(value);
    };
    return reader;
  }

  async toArray(): Promise<FanOutItem<Input, Value>[]> {
    const items: FanOutItem<Input, Value>[] = [];
    // Sorted at the end, so that no result holds up the others.
    for await (const item of this.#read('completion', this)) items.push(item);
    return this.#options.order === 'completion' ? items : items.sort((one, other) => one.index - other.index);
  }

  async *#read(
    order: 'input' | 'completion',
    reader: object,
  ): AsyncGenerator<FanOutItem<Input, Value>, undefined> {
    if (this.#reader) throw new TypeError('A fan-out can be read once');
    const { signal, deadline } = this.#options;
    this.#startMs = performance.now();
    this.#reader = reader;
    const onAbort = (): void => this.#cut('aborted', signal!.reason);
    const timeMs = deadline === undefined ? undefined : timeUntil(deadline);
    const onDeadline = (): void => this.#cut('deadline', late(timeMs!));
    const stopTimer = timeMs === undefined ? undefined : startTimer(timeMs, onDeadline);
    if (timeMs !== undefined && timeMs <= 0) onDeadline();
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort);
    try {
      for (let next = 0; ;) {
        void this.#fill();
        const index = order === 'input' ? next : this.#finished.keys().next().value;
        const item = this.#finished.get(index!);
        if (item) {
          this.#finished.delete(item.index);
          next++;
          yield item;
        } else if (this.end) break;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      if (this.#closed === 'failed') throw this.#thrown;
    } finally {
      stopTimer?.();
      signal?.removeEventListener('abort', onAbort);
      this.#leave();
    }
  }

  #leave(): void {
    this.#cut('left', new DOMException('Nobody reads the results any more', 'AbortError'));
  }

  /** Begins calls as long as there is room, one input after the other. */
  async #fill(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      while (this.#hasRoom) {
        const source = (this.#source ??= iteratorOf(this.#inputs));
        const { done, value } = await source.next();
        if (done) this.#closed ??= 'completed';
        // A generator that has ended the run itself could not be let go while it ran.
        else if (this.#closed) void letGo(source);
        else void this.#begin(value);
      }
    } catch (error) {
      this.#fails(error);
    }
    this.#pulling = false;
    this.#wake();
  }

  get #hasRoom(): boolean {
    return !this.#closed && this.#running.size < this.#concurrency && this.#finished.size < this.#concurrency;
  }

  async #begin(input: Input): Promise<void> {
    const index = this.#begun++;
    const controller = new AbortController();
    const startMs = performance.now();
    this.#running.set(index, { input, startMs, controller });
    try {
      this.#finish(index, asResult(await this.#call(input, { signal: controller.signal, index })));
    } catch (error) {
      this.#finish(index, (await failureOf({ error, latencyMs: performance.now() - startMs })) as Failed);
    }
  }

  #finish(index: number, result: FanOutResult<Value>): void {
    const { stopOn } = this.#options;
    const running = this.#running.get(index);
    // A call that was cut off has its result already.
    if (!running) return;
    this.#running.delete(index);
    const item = { index, input: running.input, result };
    this.#finished.set(index, item);
    this.#done++;
    if (!result.ok) this.#failed++;
    try {
      if (!this.#closed && stopOn?.(item)) this.#close('stopped');
    } catch (error) {
      this.#close('failed');
      this.#thrown = error;
    }
    void this.#tell();
    void this.#fill();
    this.#wake();
  }

  async #tell(): Promise<void> {
    try {
      await this.#options.onProgress?.(this.progress);
    } catch {
      // Who only looks on must not end the run.
    }
  }

  #fails(error: unknown): void {
    if (this.#closed) return;
    this.#closed = 'failed';
    this.#thrown = error;
  }

  /** Begins nothing more, and lets the inputs go. */
  #close(end: FanOutEnd): void {
    // Nobody waits for it: inputs that hang would hang the run.
    if (!this.#closed) void letGo(this.#source);
    this.#closed = end;
  }

  /** Ends what is in flight, too. */
  #cut(end: 'aborted' | 'deadline' | 'left', reason: unknown): void {
    if (this.end) return;
    this.#close(end);
    for (const [index, { startMs, controller }] of this.#running) {
      controller.abort(reason);
      this.#finish(index, {
        ok: false,
        kind: end === 'deadline' ? 'timeout' : 'aborted',
        error: reason,
        latencyMs: performance.now() - startMs,
        attempts: undefined,
        trace: undefined,
      });
    }
    this.#wake();
  }
}

type Failed = Failure<undefined>;

function iteratorOf<Input>(inputs: Inputs<Input>): Iterator<Input> | AsyncIterator<Input> {
  // A string is iterable, too, and has no members to look for.
  const { [Symbol.asyncIterator]: own } = inputs as Partial<AsyncIterable<Input>>;
  return own ? own.call(inputs as AsyncIterable<Input>) : (inputs as Iterable<Input>)[Symbol.iterator]();
}

async function letGo(source: Iterator<unknown> | AsyncIterator<unknown> | undefined): Promise<void> {
  try {
    await source?.return?.();
  } catch {
    // The run has ended: nobody is left to tell.
  }
}

function late(timeMs: number): DOMException {
  return new DOMException(
    `The fan-out has met its deadline, ${Math.round(timeMs)} ms from its start`,
    'TimeoutError',
  );
}

function asResult<Value>(value: Value): FanOutResult<Value> {
  const { ok, latencyMs } = (value ?? {}) as { readonly ok?: unknown; readonly latencyMs?: unknown };
  const isResult = typeof ok === 'boolean' && typeof latencyMs === 'number';
  return (isResult ? value : { ok: true, data: value }) as FanOutResult<Value>;
}
