import type { Permit } from './permits/permits.ts';

/** Bounds of the gaps behind a pause, and the time in which they halve; milliseconds. */
const shortestGap = 10;
const longestGap = 250;
const halfLife = 1_000;
/** So many more start for each that the server takes. */
const letStart = 2;

/**
 * When a key may start by the server's word: not during a pause, behind it not all at once, and no more than what is left
 * of a quota.
 */
export class Opening {
  readonly #reopening = new Reopening();
  readonly #quota = new Quota();
  #closedUntil = -Infinity;

  /** Milliseconds until the pause is over. */
  closedFor(now: number): number {
    return Math.max(0, this.#closedUntil - now);
  }

  /** Nothing starts for so many milliseconds; a shorter pause does not end a longer one. Says whether it is new. */
  pause(ms: number, now: number): boolean {
    if (now + ms <= this.#closedUntil) return false;
    this.#closedUntil = now + ms;
    this.#reopening.begin(ms);
    return true;
  }

  /** A scout was taken, and the pause is over before its time: it was for nothing, and so is a long way out of it. */
  lift(): void {
    this.#closedUntil = -Infinity;
    this.#reopening.begin(0, 1 + letStart);
  }

  /** So many may start in so many milliseconds. */
  allow(count: number, ms: number, now: number): void {
    this.#quota.set(count, ms, now);
  }

  /** Whether nothing has started since the last pause. */
  get isNew(): boolean {
    return this.#reopening.isNew;
  }

  /** A request was not refused. Says whether more may start for that. */
  passed(permit: Permit): boolean {
    return this.#reopening.passed(permit);
  }

  /** Milliseconds until one may start, when so many wait. */
  delay(now: number, waiting: number): number {
    return Math.max(this.closedFor(now), this.#reopening.delay(now), this.#quota.delay(now, waiting));
  }

  /** Whether of so many that wait no two may start at the same moment. */
  spreads(now: number, waiting: number): boolean {
    return this.#reopening.spreads || this.#quota.spreads(now, waiting);
  }

  /** Whether nothing that the server has said holds any more. */
  isOver(now: number): boolean {
    return this.closedFor(now) === 0 && this.#reopening.delay(now) === 0 && this.#quota.isOver(now);
  }

  /** One of so many has started. */
  started(now: number, waiting: number, permit: Permit): void {
    this.#reopening.started(now, waiting, permit);
    this.#quota.started(now);
  }
}

/**
 * Behind a pause those that wait are spread over as long a time as the pause was, with 10 to 250 ms between two of them;
 * the gap halves every second until it is none. Besides, each that the server takes lets two more start, the first of them
 * one: else a limit that has room for few would refuse all the others. A refusal comes quickly: what has no answer after
 * 250 ms does not keep the next one.
 */
class Reopening {
  #pauseMs = 0;
  /** The first gap; 0 where nothing is reopening. */
  #gap = 0;
  #opensAt = Infinity;
  #nextAt = -Infinity;
  #lastAt = -Infinity;
  #mayStart = 1;
  /** What has started since the pause. What was sent before says nothing of what the server takes behind it. */
  #started = new WeakSet<Permit>();

  begin(pauseMs: number, mayStart = 1): void {
    this.#pauseMs = pauseMs;
    this.#gap = longestGap;
    this.#opensAt = Infinity;
    this.#nextAt = -Infinity;
    this.#mayStart = mayStart;
    this.#started = new WeakSet();
  }

  get isNew(): boolean {
    return this.spreads && this.#opensAt === Infinity;
  }

  get spreads(): boolean {
    return this.#gap > 0;
  }

  delay(now: number): number {
    if (this.#gap === 0) return 0;
    return Math.max(0, (this.#mayStart > 0 ? this.#nextAt : this.#lastAt + longestGap) - now);
  }

  passed(permit: Permit): boolean {
    if (this.#gap === 0 || !this.#started.has(permit)) return false;
    this.#mayStart += letStart;
    return true;
  }

  started(now: number, waiting: number, permit: Permit): void {
    if (this.#gap === 0) return;
    this.#started.add(permit);
    if (this.#opensAt === Infinity) {
      this.#opensAt = now;
      this.#gap = Math.min(longestGap, Math.max(shortestGap, this.#pauseMs / waiting));
    }
    const gap = this.#gap * 0.5 ** ((now - this.#opensAt) / halfLife);
    this.#lastAt = now;
    this.#mayStart = Math.max(0, this.#mayStart - 1);
    this.#nextAt = now + gap;
    if (gap < 1) this.#gap = 0;
  }
}

/** What the server says is left. When more wait than that, they are spread over the time for which it has to do. */
class Quota {
  #left = Infinity;
  #until = -Infinity;
  #lastAt = -Infinity;

  set(left: number, ms: number, now: number): void {
    this.#left = left;
    this.#until = now + ms;
  }

  isOver(now: number): boolean {
    return now >= this.#until;
  }

  spreads(now: number, waiting: number): boolean {
    return this.#left < waiting && !this.isOver(now);
  }

  delay(now: number, waiting: number): number {
    if (!this.spreads(now, waiting)) return 0;
    const rest = this.#until - now;
    if (this.#left <= 0) return rest;
    return Math.max(0, this.#lastAt + rest / (this.#left + 1) - now);
  }

  started(now: number): void {
    this.#left--;
    this.#lastAt = now;
  }
}
