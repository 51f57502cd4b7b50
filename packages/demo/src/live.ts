import type { JobListener, ResultKind } from './wire-watch.ts';

/** The counts of a job while it runs. */
export class Live implements JobListener {
  readonly title: string;
  readonly total: number;
  finished = 0;
  failed = 0;
  attempts = 0;
  /** Calls that wait to be sent again. */
  waiting = 0;
  readonly #start: number = performance.now();

  constructor(title: string, total: number) {
    this.title = title;
    this.total = total;
  }

  /** Calls finished per second. */
  get rate(): number {
    return Math.round((this.finished * 1000) / Math.max(1, performance.now() - this.#start));
  }

  sends(): void {
    this.attempts++;
  }

  waits(change: 1 | -1): void {
    this.waiting += change;
  }

  ends(kind: ResultKind): void {
    if (kind !== 'interrupted') this.finished++;
    if (kind === 'failed') this.failed++;
  }
}
