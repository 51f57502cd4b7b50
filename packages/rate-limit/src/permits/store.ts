/* oxlint-disable no-underscore-dangle -- the names are Bottleneck's */
import type Bottleneck from 'bottleneck';
import { LightBottleneck } from '../light.ts';

/** Where the local store of Bottleneck keeps its count. Private, and so used only in the version it was read in. */
interface LocalStore {
  readonly storeOptions: { maxConcurrent: number | null; minTime: number };
  _running: number;
  _done: number;
  _nextRequest: number;
  conditionsCheck(weight: number): boolean;
}

const knownVersion = '2.19.5';

/** Whether this Bottleneck's own store can be asked without the turns of the event loop that a job takes. */
export function hasKnownStore(): boolean {
  const { version } = LightBottleneck as unknown as { readonly version: string };
  if (version !== knownVersion) return false;
  const store = storeOf(new LightBottleneck());
  return (
    typeof store?.conditionsCheck === 'function' &&
    [store._running, store._done, store._nextRequest].every((count) => typeof count === 'number')
  );
}

function storeOf(limiter: Bottleneck): LocalStore {
  return (limiter as unknown as { readonly _store: LocalStore })._store;
}

/**
 * A Bottleneck, asked the way it asks itself: check, then count. Its own queue and timers stay empty, and its clock is
 * the monotonic one.
 */
export class Store {
  readonly #store: LocalStore;
  readonly #limit: number;

  constructor({
    maxConcurrent,
    minTime = 0,
  }: {
    maxConcurrent?: number | undefined;
    minTime?: number | undefined;
  }) {
    this.#store = storeOf(new LightBottleneck({ maxConcurrent: maxConcurrent ?? null, minTime }));
    this.#store._nextRequest = 0;
    this.#limit = maxConcurrent ?? Infinity;
  }

  /** Weight that is out. */
  get running(): number {
    return this.#store._running;
  }

  /** Most weight that may be out. */
  get limit(): number {
    return this.#limit;
  }

  get minTime(): number {
    return this.#store.storeOptions.minTime;
  }

  /** Milliseconds until the spacing of `minTime` allows another one. */
  spacing(now: number): number {
    return Math.max(0, this.#store._nextRequest - now);
  }

  fits(weight: number): boolean {
    return this.#store.conditionsCheck(weight);
  }

  add(weight: number, now: number): void {
    const store = this.#store;
    store._running += weight;
    if (this.minTime > 0) store._nextRequest = now + this.minTime;
  }

  free(weight: number): void {
    this.#store._running -= weight;
    this.#store._done += weight;
  }
}
