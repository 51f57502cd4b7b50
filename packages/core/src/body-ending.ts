/** How a body ended. */
export type BodyEnd = 'ok' | 'cancelled' | 'failed' | 'unread';

/** From the least to the best informed. */
const ranks: readonly BodyEnd[] = ['cancelled', 'unread', 'ok', 'failed'];

/** Of one branch of a body: the original, or a clone. */
export interface Mark {
  ended: boolean;
}

/** How a body and its clones end. While it has not, it must not lead to the response: see {@link Watch}. */
export class Ending {
  readonly listeners: ((end: BodyEnd, error?: unknown) => void)[] = [];
  /** Of several branches the best informed one counts. */
  how: BodyEnd = 'ok';
  error: unknown;
  readonly watch: Watch = { ending: this };
  /** Branches that have not ended. */
  #open = 0;

  get over(): boolean {
    return this.#open === 0;
  }

  begin(): void {
    if (this.over) this.how = 'cancelled';
    this.#open++;
  }

  end(mark: Mark, how: BodyEnd, error?: unknown): void {
    if (mark.ended) return;
    mark.ended = true;
    this.#open--;
    if (ranks.indexOf(how) > ranks.indexOf(this.how)) {
      this.how = how;
      this.error = error;
    }
    if (!this.over) return;
    this.watch.ending = undefined;
    for (const ended of this.listeners) ended(this.how, this.error);
  }
}

/**
 * All that the collector's registry holds until a response is collected: nothing from the end of the body on. What it
 * holds before must not lead to the response, which would never be collected then.
 */
export interface Watch {
  ending: Ending | undefined;
}
