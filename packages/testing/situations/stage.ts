import { type AttemptRecord, type CallRecord, type Decision, onSettled } from '@kyhooks/core';
import { errorCode } from '@kyhooks/core/classify';
import type { Options } from 'ky';
import type { Span } from '../../demo/src/html/waterfall.ts';
import { type Fetch, WireView } from './wire-view.ts';

/** How a call ended: with the right answer, with a wrong one taken for right, with an error, or because nobody wanted it any more. */
export type Ending = 'right' | 'wrong' | 'failed' | 'given up';

/** A call as it was seen. */
export interface Seen {
  readonly name: string;
  readonly ending: Ending;
  /** Times are from the beginning of the situation. */
  readonly attempts: readonly AttemptRecord[];
  readonly decisions: readonly Decision[];
  /** What the caller got in place of an answer, and its short name. */
  readonly error?: string;
  readonly code?: string;
}

/** What one client made of a situation. */
export interface Run {
  readonly calls: readonly Seen[];
  /** Requests that left, those of refreshes and the like included. */
  readonly requests: number;
  /** How often a write took effect; where nothing is written, absent. */
  readonly effects?: number;
  /** Until the last call was over. */
  readonly durationMs: number;
  readonly spans: readonly Span[];
}

/** Where a situation is played: counts what is sent, and sees how each call goes. */
export class Stage {
  /** Whether it is the toolkit's turn, and not that of plain ky. */
  readonly toolkit: boolean;
  effects: number | undefined;
  readonly #calls: (Seen | undefined)[] = [];
  readonly #spans: Span[] = [];
  #beganMs = performance.now();
  #requests = 0;
  #endMs = 0;

  constructor(toolkit: boolean) {
    this.toolkit = toolkit;
  }

  /** Time counts from here on: what had to be set up is there. */
  begin(): void {
    this.#beganMs = performance.now();
  }

  /** Milliseconds since it began. */
  get ms(): number {
    return performance.now() - this.#beganMs;
  }

  /** Shows a time in which something was the case. */
  mark(text: string, from: number, to: number): void {
    this.#spans.push({ text, from, to });
  }

  /** A `fetch` on which every request counts. */
  counted(fetch: Fetch): Fetch {
    return (input, init) => {
      this.#requests++;
      return fetch(input, init);
    };
  }

  /** Makes a call, and watches it. `send` gets the options of the call; how plain ky fares is seen from its `fetch` alone. */
  async call<Answer>(
    name: string,
    fetch: Fetch,
    send: (options: Options) => Promise<Answer>,
    isRight: (answer: Answer) => boolean = () => true,
    signal?: AbortSignal,
  ): Promise<Answer | undefined> {
    const beganMs = this.ms;
    const place = this.#calls.push(undefined) - 1;
    const view = new WireView(() => this.ms, this.counted(fetch), signal);
    let record: CallRecord | undefined;
    const options: Options = {
      fetch: view.fetch,
      ...(signal && { signal }),
      ...(this.toolkit && onSettled((settled) => (record = settled))),
    };
    const end = (ending: Ending, error?: unknown): void => {
      this.#endMs = Math.max(this.#endMs, this.ms);
      view.end(error);
      this.#calls[place] = {
        name,
        ending,
        attempts: record ? shifted(record.attempts, beganMs) : view.attempts,
        decisions: record?.decisions ?? [],
        ...(ending === 'failed' && { error: inWords(error), code: errorCode(error) }),
      };
    };
    try {
      const answer = await send(options);
      end(isRight(answer) ? 'right' : 'wrong');
      return answer;
    } catch (error) {
      end(signal?.aborted ? 'given up' : 'failed', error);
      return undefined;
    }
  }

  /** What was seen, when all is over. */
  run(): Run {
    return {
      calls: this.#calls.filter((call) => call !== undefined),
      requests: this.#requests,
      ...(this.effects !== undefined && { effects: this.effects }),
      durationMs: this.#endMs,
      spans: this.#spans,
    };
  }
}

function shifted(attempts: readonly AttemptRecord[], byMs: number): AttemptRecord[] {
  return attempts.map((attempt) => ({ ...attempt, startMs: attempt.startMs + byMs }));
}

/** Real servers listen on free ports: the API of the page stands for them. */
function inWords(error: unknown): string {
  const { name, message } = error as Error;
  return `${name}: ${message}`.replaceAll(/http:\/\/127\.0\.0\.1:\d+\//g, 'https://api.example.com/');
}
