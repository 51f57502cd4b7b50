import { type Hooks, type Limits, overLimit, type Permit, type Permits, type Waiting } from './permits.ts';
import { Store } from './store.ts';
import { Window } from './window.ts';

/** The permits of one key on one machine: synchronous, because Bottleneck's store is asked directly. */
export class LocalPermits implements Permits {
  readonly #limits: Limits;
  readonly #concurrency: Store;
  readonly #windows: readonly Window[];
  readonly #ready: () => void;

  constructor(limits: Limits, { ready }: Pick<Hooks, 'ready'>) {
    const { maxConcurrent, minTime, windows } = limits;
    this.#limits = limits;
    this.#concurrency = new Store({ maxConcurrent, minTime });
    this.#windows = windows.map((limit) => new Window(limit));
    this.#ready = ready;
  }

  get running(): number {
    return this.#concurrency.running;
  }

  get idle(): boolean {
    const now = performance.now();
    return (
      this.running === 0 &&
      this.#concurrency.spacing(now) === 0 &&
      this.#windows.every((window) => window.running(now) === 0)
    );
  }

  take(weight: number): Permit | undefined {
    const now = performance.now();
    if (!this.#concurrency.fits(weight) || this.#concurrency.spacing(now) > 0) return undefined;
    for (const window of this.#windows) if (!window.fits(weight, now)) return undefined;
    this.#concurrency.add(weight, now);
    for (const window of this.#windows) window.add(weight, now);
    return new LocalPermit(this.#concurrency, this.#windows, weight, this.#ready);
  }

  expect(waiting: Waiting): number {
    const weight = waiting.peek()?.weight ?? 0;
    // A permit that comes back calls `ready`; only what passes by itself is worth a timer.
    return this.#concurrency.fits(weight) ? this.estimate(weight, 1) : Infinity;
  }

  estimate(weight: number, calls: number): number {
    const now = performance.now();
    const spaced = this.#concurrency.spacing(now) + (calls - 1) * this.#concurrency.minTime;
    return Math.max(spaced, ...this.#windows.map((window) => window.opensIn(weight, now)));
  }

  impossible(weight: number): string | undefined {
    return overLimit(this.#limits, weight);
  }

  async close(): Promise<void> {
    // Nothing runs by itself.
  }
}

class LocalPermit implements Permit {
  #concurrency: Store | undefined;
  #windows: readonly Window[] | undefined;
  readonly #weight: number;
  readonly #ready: () => void;

  constructor(concurrency: Store, windows: readonly Window[], weight: number, ready: () => void) {
    this.#concurrency = concurrency;
    this.#windows = windows;
    this.#weight = weight;
    this.#ready = ready;
  }

  answered(sinceSent: number | undefined): void {
    const windows = this.#windows;
    if (!windows) return;
    this.#windows = undefined;
    const now = performance.now();
    for (const window of windows) {
      if (sinceSent === undefined) window.free(this.#weight);
      else window.answered(this.#weight, sinceSent, now);
    }
    if (windows.length > 0) this.#ready();
  }

  release(): void {
    if (!this.#concurrency) return;
    this.#concurrency.free(this.#weight);
    this.#concurrency = undefined;
    this.#ready();
  }
}
