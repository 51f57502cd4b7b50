import type { WindowLimit } from './permits.ts';
import { Store } from './store.ts';

/** Timers fire a little early, and the server's clock ticks between ours: this much is kept free of every window. */
export const guard = 3;

/**
 * How long a request may take to reach the server, in milliseconds, at most `interval`. It is counted until `interval`
 * after its answer, since only then is it sure when the server saw it; but a slow answer must not hold the window for ever.
 */
const longestTransit = 1_000;

/** How long a request that was answered now, so many milliseconds after it was sent, is still in the window. */
export function staysFor(sinceSent: number, interval: number): number {
  return interval + guard - Math.max(0, sinceSent - Math.min(longestTransit, interval));
}

/**
 * At most `limit` in any sliding window of `interval`: what has started occupies a place in a Bottleneck of its own until
 * `interval` after it was answered. A reservoir would let twice as many through around its refresh.
 */
export class Window {
  readonly #store: Store;
  readonly #interval: number;
  /** What was answered, with the moment at which it leaves the window; the earliest first. */
  #leaving: { readonly at: number; readonly weight: number }[] = [];
  #left = 0;

  constructor({ limit, interval }: WindowLimit) {
    this.#store = new Store({ maxConcurrent: limit });
    this.#interval = interval;
  }

  /** Weight in the window. */
  running(now: number): number {
    this.#leave(now);
    return this.#store.running;
  }

  fits(weight: number, now: number): boolean {
    this.#leave(now);
    return this.#store.fits(weight);
  }

  add(weight: number, now: number): void {
    this.#store.add(weight, now);
  }

  /** Was answered now, so many milliseconds after it was sent. */
  answered(weight: number, sinceSent: number, now: number): void {
    this.#leaving.push({ at: now + staysFor(sinceSent, this.#interval), weight });
  }

  /** Was never sent. */
  free(weight: number): void {
    this.#store.free(weight);
  }

  /** The least time until so much weight, one after the other, has got in, in milliseconds. */
  opensIn(weight: number, now: number): number {
    this.#leave(now);
    const { limit } = this.#store;
    // Who comes behind a full window's worth of others gets the place of one of those.
    const rounds = Math.ceil(weight / limit) - 1;
    let missing = this.#store.running + weight - (rounds + 1) * limit;
    let wait = 0;
    for (let index = this.#left; missing > 0; index++) {
      const next = this.#leaving[index];
      // What is not answered yet stays for an interval at least.
      wait = next ? next.at - now : this.#interval;
      missing -= next?.weight ?? missing;
    }
    return wait + rounds * this.#interval;
  }

  #leave(now: number): void {
    const leaving = this.#leaving;
    for (let next = leaving[this.#left]; next && next.at <= now; next = leaving[++this.#left]) {
      this.#store.free(next.weight);
    }
    if (this.#left === leaving.length) {
      if (this.#left > 0) this.#leaving = [];
      this.#left = 0;
    } else if (this.#left > 1_000) {
      leaving.splice(0, this.#left);
      this.#left = 0;
    }
  }
}
