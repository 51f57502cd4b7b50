import { startTimer } from '@kyhooks/core';
import { type RateLimitErrorCode, whyRefused } from './errors.ts';
import { Meaning } from './meaning.ts';
import { Opening } from './opening.ts';
import type { Hooks, Permit, Permits, Waiting } from './permits/permits.ts';
import { Queue } from './queue.ts';
import type { Waiter } from './waiter.ts';

/** Two readings of the same pause differ by so many milliseconds at most. */
const sameMoment = 10;

/** One key: its queue, its permits, its pauses. */
export class Lane {
  readonly key: string;
  readonly #permits: Permits;
  readonly #queue = new Queue<Waiter>();
  /** Those who wait, each with how it leaves: in line, or not yet, where the server has asked it alone to wait. */
  readonly #places = new Map<Waiter, () => void>();
  readonly #opening = new Opening();
  readonly #meaning = new Meaning();
  readonly #onNobodyWaits: () => void;
  /** Those who wait are being told something: nobody starts because another one leaves for it. */
  #telling = false;
  #wakeAt = Infinity;
  #sleepOn: (() => void) | undefined;

  constructor(key: string, permits: (hooks: Hooks) => Permits, onNobodyWaits: () => void) {
    this.key = key;
    this.#onNobodyWaits = onNobodyWaits;
    this.#permits = permits({
      ready: () => this.#serve(),
      refused: (weight, error) => this.#refuse(weight, error),
      paused: (ms) => {
        this.#meaning.forgetScout();
        this.#stop(ms);
      },
    });
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.#places.size;
  }

  /** Weight of the permits that are out. */
  get running(): number {
    return this.#permits.running;
  }

  /** Whether the server, where it refuses, means single calls. */
  get refusesSingly(): boolean {
    return this.#meaning.single;
  }

  /** Milliseconds until the server's pause is over. */
  get pausedFor(): number {
    return this.#opening.closedFor(performance.now());
  }

  /** Whether this can be forgotten without anything being lost or handed out twice. */
  get idle(): boolean {
    return this.waiting === 0 && this.#opening.isOver(performance.now()) && this.#permits.idle;
  }

  /** A permit, where there is one and nobody has been waiting for it. */
  take(weight: number): Permit | undefined {
    return this.#queue.size === 0 ? this.#take(weight) : undefined;
  }

  /** Whether this moment, of `performance.now()`, lies behind the pause of all. */
  outlasts(notBefore: number): boolean {
    const { pausedFor } = this;
    return notBefore > performance.now() + pausedFor + (pausedFor && sameMoment);
  }

  /** Waits for a permit, behind a pause of its own; gives the function that leaves. */
  join(waiter: Waiter): () => void {
    if (this.outlasts(waiter.notBefore)) this.#rest(waiter);
    else this.#stand(waiter);
    this.#serve();
    return () => {
      if (this.#leave(waiter)) this.#serve();
    };
  }

  /** A call that was refused knows of a pause of so many milliseconds, which may be the one that all keep. */
  hear(ms: number): void {
    if (!this.refusesSingly && ms > this.pausedFor + sameMoment) this.#pause(ms);
  }

  /** Nothing is left of a quota for so many milliseconds. Says whether that is news. */
  spent(ms: number): boolean {
    this.#meaning.forgetScout();
    return this.#pause(ms);
  }

  /** A request was refused, and maybe the one before it. Says whether nothing starts for that, and that is news. */
  refused(permit: Permit, before: boolean, ms: number): boolean {
    return this.#meaning.refused(permit, before, ms > this.pausedFor) && this.#pause(ms);
  }

  /** A request was not refused, though maybe the one before it. Says whether it ends a pause that was meant for others. */
  passed(permit: Permit, before: boolean): boolean {
    const endsPause = this.#meaning.passed(permit, before);
    if (endsPause) {
      this.#opening.lift();
      for (const waiter of this.#queue) {
        if (this.outlasts(waiter.notBefore) && this.#leave(waiter)) this.#rest(waiter);
      }
    }
    if (this.#opening.passed(permit) || endsPause) this.#serve();
    return endsPause;
  }

  /** The server allows so many more in so many milliseconds; it may not have seen what runs, but for the one it answers. */
  allow(count: number, ms: number): void {
    this.#opening.allow(Math.max(0, count - Math.max(0, this.running - 1)), ms, performance.now());
    this.#serve();
  }

  /** The least wait of a call that comes now, in milliseconds. */
  estimate(rank: number, weight: number): number {
    let weights = weight;
    let calls = 1;
    for (const waiter of this.#queue) {
      if (waiter.rank > rank) continue;
      weights += waiter.weight;
      calls++;
    }
    return Math.max(this.pausedFor, this.#permits.estimate(weights, calls));
  }

  impossible(weight: number): string | undefined {
    return this.#permits.impossible(weight);
  }

  /** Refuses all that wait. */
  refuseAll(code: RateLimitErrorCode): void {
    this.#tellAll((waiter) => waiter.refuse(code));
  }

  async close(): Promise<void> {
    this.#sleep(Infinity);
    await this.#permits.close();
  }

  #tellAll(tell: (waiter: Waiter) => void): void {
    this.#telling = true;
    for (const waiter of this.#places.keys()) tell(waiter);
    this.#telling = false;
    this.#serve();
  }

  #stand(waiter: Waiter): void {
    this.#places.set(waiter, this.#queue.push(waiter));
  }

  #rest(waiter: Waiter): void {
    const stopTimer = startTimer(waiter.notBefore - performance.now(), () => {
      this.#stand(waiter);
      this.#serve();
    });
    this.#places.set(waiter, stopTimer);
  }

  #leave(waiter: Waiter): boolean {
    this.#places.get(waiter)?.();
    return this.#places.delete(waiter);
  }

  #pause(ms: number): boolean {
    const isNews = this.#stop(ms);
    if (isNews) this.#permits.tellPause?.(ms);
    return isNews;
  }

  #stop(ms: number): boolean {
    if (!this.#opening.pause(ms, performance.now())) return false;
    this.#tellAll((waiter) => waiter.paused(ms));
    return true;
  }

  #take(weight: number): Permit | undefined {
    const now = performance.now();
    const waiting = this.#queue.size || 1;
    if (this.#opening.delay(now, waiting) > 0) return undefined;
    const permit = this.#permits.take(weight);
    if (permit) {
      if (this.#opening.isNew) this.#meaning.firstStarted(permit);
      this.#opening.started(now, waiting, permit);
    }
    return permit;
  }

  /** Lets start who may. */
  #serve(): void {
    if (this.#telling) return;
    for (let next = this.#queue.peek(); next; next = this.#queue.peek()) {
      const now = performance.now();
      const { size } = this.#queue;
      const permit = this.#take(next.weight);
      if (permit) {
        this.#start(next, permit);
        continue;
      }
      const scout = this.#scout();
      if (scout && this.#send(scout)) continue;
      const closed = this.#opening.delay(now, size);
      const mayStart = this.#opening.spreads(now, size) ? alone(next) : this.#queue;
      this.#sleep(
        Math.min(
          closed > 0 ? closed : this.#permits.expect(mayStart),
          scout ? this.#permits.expect(alone(scout)) : Infinity,
        ),
      );
      return;
    }
    this.#sleep(Infinity);
    this.#onNobodyWaits();
  }

  /** One that was not refused, to start though there is a pause, where that is wanted. */
  #scout(): Waiter | undefined {
    if (!this.#meaning.wantsScout || this.pausedFor === 0) return undefined;
    // Who came last has least to do with who was refused.
    return this.#queue.last(({ refused }) => !refused);
  }

  /** Lets the scout start, where there is a permit. Says whether there was. */
  #send(scout: Waiter): boolean {
    const permit = this.#permits.take(scout.weight);
    if (!permit) return false;
    this.#meaning.scoutStarted(permit);
    this.#start(scout, permit);
    return true;
  }

  #start(waiter: Waiter, permit: Permit): void {
    this.#leave(waiter);
    waiter.grant(permit);
  }

  /** Bottleneck has refused a job of this weight: who came last goes without. Without a weight all do. */
  #refuse(weight: number | undefined, error: unknown): void {
    let last: Waiter | undefined;
    for (const waiter of this.#queue) {
      if (weight === undefined) waiter.refuse(...whyRefused(error));
      if (waiter.weight !== weight) continue;
      if (!last || (waiter.rank - last.rank || waiter.since - last.since) >= 0) last = waiter;
    }
    last?.refuse(...whyRefused(error));
  }

  /** Serves again after so many milliseconds, and stops the timer that is not needed. */
  #sleep(ms: number): void {
    const wakeAt = performance.now() + ms;
    // One that rings early does no harm, and setting it anew for each who comes would.
    if (this.#wakeAt <= wakeAt && ms !== Infinity) return;
    this.#sleepOn?.();
    this.#sleepOn = undefined;
    this.#wakeAt = wakeAt;
    if (ms === Infinity) return;
    this.#sleepOn = startTimer(Math.ceil(ms), () => {
      this.#sleepOn = undefined;
      this.#wakeAt = Infinity;
      this.#serve();
    });
  }
}

/** Only the next one: what a job of a user's own Bottleneck spends for those who may not start yet would be lost. */
function alone(waiter: Waiter): Waiting {
  return { peek: () => waiter, [Symbol.iterator]: () => [waiter].values() };
}
