import type { AttemptRecord } from '@kyhooks/core';
import { errorCode } from '@kyhooks/core/classify';
import type { Options } from 'ky';

export type Fetch = NonNullable<Options['fetch']>;

/** The attempts of one call as its `fetch` shows them: what can be said of a client that keeps no record. */
export class WireView {
  readonly attempts: AttemptRecord[] = [];
  readonly fetch: Fetch;
  readonly #now: () => number;
  readonly #signal: AbortSignal | undefined;

  /** `now` tells milliseconds since the situation began. */
  constructor(now: () => number, fetch: Fetch, signal: AbortSignal | undefined) {
    this.#now = now;
    this.#signal = signal;
    this.fetch = async (input, init) => {
      const sentMs = now();
      const last = this.attempts.at(-1);
      const attempt = {
        number: this.attempts.length + 1,
        startMs: sentMs,
        backoffMs: last ? sentMs - last.startMs - (last.headersMs ?? 0) : 0,
        gateMs: 0,
        queuedMs: 0,
      };
      const seen = (end: Partial<AttemptRecord>): void =>
        void this.attempts.splice(attempt.number - 1, 1, {
          ...attempt,
          headersMs: now() - sentMs,
          ...end,
        });
      this.attempts.push(attempt);
      try {
        const response = await fetch(input, init);
        seen({ status: response.status });
        return response;
      } catch (error) {
        seen({ error: this.#nameOf(error) });
        throw error;
      }
    };
  }

  /** The call is over: with a good answer, what came behind the headers was its body. */
  end(error: unknown): void {
    const last = this.attempts.at(-1);
    if (!last || (last.status ?? 500) >= 400) return;
    const bodyMs = this.#now() - last.startMs - (last.headersMs ?? 0);
    this.attempts.splice(-1, 1, {
      ...last,
      bodyMs,
      ...(error !== undefined && { error: this.#nameOf(error) }),
    });
  }

  /** ky ends an attempt whose time is up by an abort without a reason. */
  #nameOf(error: unknown): string {
    const name = errorCode(error);
    return name === 'AbortError' && !this.#signal?.aborted ? 'TimeoutError' : name;
  }
}
