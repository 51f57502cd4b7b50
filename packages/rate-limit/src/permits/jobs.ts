import { inBackground } from '../background.ts';
import { type Hooks, type Limits, overLimit, type Permit, type Permits, type Waiting } from './permits.ts';
import { type Schedules, type Slot, slotOf } from './slot.ts';
import { staysFor } from './window.ts';

/**
 * How long a job serves one call after the other before it ends, in milliseconds. Handing it on costs nothing; doing so
 * for ever would shut out everybody else who uses the same Bottleneck.
 */
const leaseLife = 50;
/** Most jobs that wait in Bottleneck at a time: enough to keep it busy, few enough to be no burden when nobody wants them. */
const mostOrdered = 32;

/** The Bottlenecks of one key. */
export interface Limiters {
  readonly concurrency?: Schedules;
  /** Each counts what was started within its interval. */
  readonly windows: readonly { readonly limiter: Schedules; readonly interval: number }[];
  /** Whether a job may serve one call after the other: where Bottleneck counts nothing but what runs. */
  readonly handsOn: boolean;
}

/** What a call needs: a job in each Bottleneck. */
interface Ticket {
  readonly weight: number;
  readonly slot: Slot | undefined;
  readonly windows: readonly Slot[];
}

/**
 * Permits of a Bottleneck that counts jobs. A job is nobody's: whoever waits first takes it when it runs, and one that
 * nobody wants ends at once. So a call can leave the queue without leaving a dead job behind.
 */
export class JobPermits implements Permits {
  readonly #limiters: Limiters;
  readonly #limits: Limits;
  readonly #hooks: Pick<Hooks, 'ready' | 'refused'>;
  /** Running, and not taken yet. */
  #tickets: Ticket[] = [];
  /** Come back, and young enough to serve another call. */
  #spare: Slot[] = [];
  /** Waiting in Bottleneck, by weight. */
  readonly #ordered = new Map<number, number>();
  #running = 0;
  /** What was started within an interval. */
  readonly #leaving = new Set<() => void>();
  #restsAt = -Infinity;

  constructor(limiters: Limiters, limits: Limits, hooks: Pick<Hooks, 'ready' | 'refused'>) {
    this.#limiters = limiters;
    this.#limits = limits;
    this.#hooks = hooks;
  }

  get running(): number {
    return this.#running;
  }

  get idle(): boolean {
    const ordered = [...this.#ordered.values()].some((count) => count > 0);
    return this.#running === 0 && !ordered && this.#leaving.size === 0 && performance.now() >= this.#restsAt;
  }

  take(weight: number): Permit | undefined {
    const ticket = takeOut(this.#tickets, (one) => one.weight === weight) ?? this.#handOn(weight);
    if (!ticket) return undefined;
    this.#running += weight;
    this.#restsAt = performance.now() + (this.#limits.minTime ?? 0);
    return this.#permit(ticket);
  }

  expect(waiting: Waiting): number {
    const wanted = new Map<number, number>();
    let calls = 0;
    for (const { weight } of waiting) {
      if (calls++ === mostOrdered) break;
      wanted.set(weight, (wanted.get(weight) ?? 0) + 1);
    }
    for (const [weight, count] of wanted) {
      const there = this.#tickets.filter((one) => one.weight === weight).length;
      for (let ordered = this.#ordered.get(weight) ?? 0; ordered + there < count; ordered++) {
        void this.#order(weight);
      }
    }
    return Infinity;
  }

  estimate(): number {
    return 0;
  }

  impossible(weight: number): string | undefined {
    return overLimit(this.#limits, weight);
  }

  async close(): Promise<void> {
    for (const stop of this.#leaving) stop();
    this.#leaving.clear();
  }

  /** A slot without windows is a whole ticket. */
  #handOn(weight: number): Ticket | undefined {
    if (this.#limiters.windows.length > 0) return undefined;
    const slot = takeOut(this.#spare, (one) => one.weight === weight);
    return slot && { weight, slot, windows: [] };
  }

  /**
   * Gets a job in each Bottleneck, in the same order everywhere, so that two never wait for each other. The windows come
   * last: a place in a window is used up by waiting, one among those that run is not.
   */
  async #order(weight: number): Promise<void> {
    this.#count(weight, 1);
    const { concurrency, windows } = this.#limiters;
    let slot = takeOut(this.#spare, (one) => one.weight === weight);
    const places: Slot[] = [];
    try {
      if (concurrency) slot ??= await slotOf(concurrency, weight);
      for (const { limiter } of windows) places.push(await slotOf(limiter, weight));
    } catch (error) {
      endAll({ weight, slot, windows: places });
      this.#count(weight, -1);
      this.#hooks.refused(weight, error);
      return;
    }
    this.#count(weight, -1);
    const ticket: Ticket = { weight, slot, windows: places };
    this.#tickets.push(ticket);
    this.#hooks.ready();
    // Nobody wants it any more, or nobody may have it now.
    if (takeOut(this.#tickets, (one) => one === ticket)) endAll(ticket);
  }

  #count(weight: number, change: number): void {
    const count = (this.#ordered.get(weight) ?? 0) + change;
    if (count > 0) this.#ordered.set(weight, count);
    else this.#ordered.delete(weight);
  }

  #permit({ weight, slot, windows }: Ticket): Permit {
    let answered = false;
    let released = false;
    return {
      answered: (sinceSent) => {
        if (answered) return;
        answered = true;
        for (const [index, window] of windows.entries()) {
          if (sinceSent === undefined) window.end();
          else this.#stay(window, staysFor(sinceSent, this.#limiters.windows[index]!.interval));
        }
      },
      release: () => {
        if (released) return;
        released = true;
        this.#running -= weight;
        if (slot) this.#giveBack(slot);
        else this.#hooks.ready();
      },
    };
  }

  #giveBack(slot: Slot): void {
    if (this.#limiters.handsOn && performance.now() - slot.since < leaseLife) this.#spare.push(slot);
    else slot.end();
    this.#hooks.ready();
    if (takeOut(this.#spare, (one) => one === slot)) slot.end();
  }

  /** What was sent is counted until it has left the window. */
  #stay(slot: Slot, ms: number): void {
    const stop = inBackground(ms, () => {
      this.#leaving.delete(stop);
      slot.end();
    });
    this.#leaving.add(stop);
  }
}

function endAll({ slot, windows }: Ticket): void {
  for (const one of windows) one.end();
  slot?.end();
}

/** Takes the first such item out of the list. */
function takeOut<Item>(list: Item[], wanted: (item: Item) => boolean): Item | undefined {
  const index = list.findIndex(wanted);
  return index < 0 ? undefined : list.splice(index, 1)[0];
}
