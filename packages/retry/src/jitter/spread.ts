/** What a spread may go by. */
interface SpreadState {
  /** The wait, as computed, in milliseconds. */
  readonly delay: number;
  /** Bounds of the backoff. */
  readonly base: number;
  readonly cap: number;
  /** The wait that came before, spread; `base` where there was none. */
  readonly previous: number;
}

/** A wait, spread, in milliseconds. */
export type Spread = (state: SpreadState) => number;
