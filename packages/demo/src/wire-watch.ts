import type { Options as KyOptions } from 'ky';

/** How a call ended: with the right answer, with a wrong one taken for right, with an error, by Ctrl-C. */
export type ResultKind = 'right' | 'wrong' | 'failed' | 'interrupted';

/** Told what the calls of a job do. */
export interface JobListener {
  /** A request is sent. */
  sends(): void;
  /** A call begins (1) or ends (-1) to wait before it is sent again. */
  waits(change: 1 | -1): void;
  /** A call is over. */
  ends(kind: ResultKind): void;
}

/** Watches the attempts of one call from its `fetch`, in the same way for every client. */
export class WireWatch {
  attempts = 0;
  /** Whether headers came that are no error. */
  answered = false;
  readonly #listener: JobListener;
  #waiting = false;

  constructor(listener: JobListener) {
    this.#listener = listener;
  }

  readonly fetch: NonNullable<KyOptions['fetch']> = async (input, init) => {
    this.#wait(false);
    this.attempts++;
    this.#listener.sends();
    try {
      const response = await fetch(input, init);
      this.answered = response.ok;
      return response;
    } finally {
      // Until the call says that it is over, a failed attempt is followed by a wait.
      if (!this.answered) this.#wait(true);
    }
  };

  end(kind: ResultKind): void {
    this.#wait(false);
    this.#listener.ends(kind);
  }

  #wait(waiting: boolean): void {
    if (waiting === this.#waiting) return;
    this.#waiting = waiting;
    this.#listener.waits(waiting ? 1 : -1);
  }
}
