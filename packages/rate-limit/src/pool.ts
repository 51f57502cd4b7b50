import { inBackground } from './background.ts';
import { Lane } from './lane.ts';
import type { Counter } from './permits/permits.ts';

/** Keys that are remembered while nothing happens on them. More than that are kept only while they are needed. */
const mostKeys = 1_000;
/** Keys that are looked at for each that comes: more than one, so that the number goes down again. */
const lookedAt = 4;
const sweepEvery = 1_000;

/** What is known of a key. */
export interface KeyStats {
  /** Weight of the requests that run. */
  readonly running: number;
  /** Calls that wait. */
  readonly waiting: number;
  /** Until when the server has paused the key, in milliseconds since the epoch. */
  readonly pausedUntilMs?: number;
}

/** The lanes of one limiter, by key. One that is in nobody's way is forgotten when there are many. */
export class Pool {
  readonly #counter: Counter;
  readonly #lanes = new Map<string, Lane>();
  readonly #onClose = new Set<() => void>();
  #sweeping = false;
  #closed = false;
  #onNobodyWaits: (() => void) | undefined;
  #ended: Promise<void> | undefined;

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  get closed(): boolean {
    return this.#closed;
  }

  lane(key: string): Lane {
    const known = this.#lanes.get(key);
    if (known) return known;
    const lane = new Lane(
      key,
      (hooks) => this.#counter.permits(key, hooks),
      () => this.#onNobodyWaits?.(),
    );
    if (this.#closed) return lane;
    this.#lanes.set(key, lane);
    if (this.#lanes.size > mostKeys) this.#forget(lookedAt);
    return lane;
  }

  stats(): Map<string, KeyStats> {
    return new Map(
      [...this.#lanes].map(([key, { running, waiting, pausedFor }]): [string, KeyStats] => [
        key,
        { running, waiting, ...(pausedFor > 0 && { pausedUntilMs: Date.now() + pausedFor }) },
      ]),
    );
  }

  /** Calls back when this closes; gives the function that stops that. */
  onClose(listener: () => void): () => void {
    this.#onClose.add(listener);
    return () => this.#onClose.delete(listener);
  }

  /** Takes no more calls; refuses those that wait, or with `drain` serves them first. */
  async close(drain: boolean): Promise<void> {
    this.#closed = true;
    for (const listener of this.#onClose) listener();
    if (!drain) for (const lane of this.#lanes.values()) lane.refuseAll('RATE_LIMIT_STOPPED');
    await (this.#ended ??= this.#end());
  }

  async #end(): Promise<void> {
    await this.#drained();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()));
    this.#lanes.clear();
    await this.#counter.close?.();
  }

  /** Resolves when nobody waits or runs. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onNobodyWaits = () => {
        const busy = [...this.#lanes.values()].some(({ running, waiting }) => running + waiting > 0);
        if (!busy) resolve();
      };
      this.#onNobodyWaits();
    });
  }

  /** Forgets the oldest keys that are idle; looks at so many. */
  #forget(count: number): void {
    for (const [key, lane] of this.#lanes) {
      if (count-- === 0 || this.#lanes.size <= mostKeys) break;
      this.#lanes.delete(key);
      if (lane.idle) void lane.close();
      else this.#lanes.set(key, lane);
    }
    if (this.#lanes.size > mostKeys) this.#sweepLater();
  }

  /** Where nobody new comes, time makes keys idle; the process need not stay for that. */
  #sweepLater(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    inBackground(sweepEvery, () => {
      this.#sweeping = false;
      this.#forget(this.#lanes.size);
    });
  }
}
