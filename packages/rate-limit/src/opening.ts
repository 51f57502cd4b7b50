/** Bounds of the first gap after a pause, and the time in which gaps halve; milliseconds. */
const shortestGap = 10;
const longestGap = 250;
const halfLife = 1_000;

/**
 * When a key may start: not during the server's pause, and behind it not all at once. Those that wait are spread over as
 * long a time as the pause was, within 10 to 250 ms from each other; the gap halves every second until it is none.
 */
export class Opening {
  #closedUntil = -Infinity;
  #pauseMs = 0;
  /** The first gap; 0 where nothing is reopening. */
  #gap = 0;
  #opensAt = 0;
  #nextAt = -Infinity;

  /** Milliseconds until the pause is over. */
  closedFor(now: number): number {
    return Math.max(0, this.#closedUntil - now);
  }

  /** Nothing starts for so many milliseconds; a shorter pause does not end a longer one. */
  pause(ms: number, now: number): void {
    if (now + ms <= this.#closedUntil) return;
    this.#closedUntil = now + ms;
    this.#pauseMs = ms;
    this.#gap = longestGap;
    this.#opensAt = Infinity;
    this.#nextAt = this.#closedUntil;
  }

  /** Milliseconds until one may start. */
  delay(now: number): number {
    return this.#gap === 0 ? 0 : Math.max(0, this.#nextAt - now);
  }

  /** One has started; so many are left behind it. */
  started(now: number, waiting: number): void {
    if (this.#gap === 0) return;
    if (this.#opensAt === Infinity) {
      this.#opensAt = now;
      this.#gap = Math.min(longestGap, Math.max(shortestGap, this.#pauseMs / (waiting + 1)));
    }
    const gap = this.#gap * 0.5 ** ((now - this.#opensAt) / halfLife);
    this.#nextAt = now + gap;
    if (gap < 1) this.#gap = 0;
  }
}
