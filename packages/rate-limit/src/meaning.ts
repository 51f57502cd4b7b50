import type { Permit } from './permits/permits.ts';

/** So many calls refused one upon the other, none of them for the second time, mean everybody again. */
const enough = 10;

/**
 * Whom a refusal means: everybody, until the server shows that it means single calls. It does when it refuses a call that
 * has waited as it was told, and is the first behind the pause, and takes the scout that is sent then. That holds until
 * calls that were not refused before are, one upon the other.
 */
export class Meaning {
  #single = false;
  #inARow = 0;
  #first: Permit | undefined;
  #scout: Permit | 'wanted' | undefined;

  /** Refusals mean single calls. */
  get single(): boolean {
    return this.#single;
  }

  /** Whether one that was not refused is to start though there is a pause. */
  get wantsScout(): boolean {
    return this.#scout === 'wanted';
  }

  /** The first to start behind a pause. */
  firstStarted(permit: Permit): void {
    this.#first = permit;
    this.#scout = undefined;
  }

  scoutStarted(permit: Permit): void {
    this.#scout = permit;
  }

  /** No scout is needed any more, or what becomes of it would tell nothing. */
  forgetScout(): void {
    this.#scout = undefined;
  }

  /**
   * A request was refused, and maybe the one before it; the pause may be news, or shorter than another one. Says whether
   * that means everybody.
   */
  refused(permit: Permit, before: boolean, isNews: boolean): boolean {
    if (before) {
      // A scout says nothing of another pause, and must not end it.
      if (permit === this.#first && !this.#single && isNews) this.#scout = 'wanted';
    } else {
      this.#scout = undefined;
      if (++this.#inARow >= enough) this.#single = false;
    }
    return !this.#single;
  }

  /** A request was not refused, though maybe the one before it. Says whether that shows a pause to have been for nothing. */
  passed(permit: Permit, before: boolean): boolean {
    if (!before) this.#inARow = 0;
    if (permit !== this.#scout) return false;
    this.#scout = undefined;
    return (this.#single = true);
  }
}
