/** Leave to send one request. */
export interface Permit {
  /**
   * The request has been answered or has failed, so the server has counted it by now; or it was never sent.
   *
   * @param sinceSent milliseconds since it was sent; `undefined` where it never was
   */
  answered(sinceSent: number | undefined): void;
  /** Gives the permit back. Calling it twice does nothing. */
  release(): void;
}

/** The permits of one key. Bottleneck counts each of them. */
export interface Permits {
  /** Weight of the permits that are out. */
  readonly running: number;
  /** Nothing is out, and nothing would be handed out twice if this were forgotten. */
  readonly idle: boolean;
  /** A permit, where there is one right now. */
  take(weight: number): Permit | undefined;
  /**
   * Told who waits, when `take` gave nothing to the first of them. Gives the milliseconds after which to ask again;
   * `Infinity` where only `ready` is worth waiting for, which is called when there may be a permit.
   */
  expect(waiting: Waiting): number;
  /**
   * The least time in which so many calls of this weight together get their permits, in milliseconds: what is known to
   * pass. How long others keep theirs is not.
   */
  estimate(weight: number, calls: number): number;
  /** Why a permit of this weight can never be had; `undefined` where it can. */
  impossible(weight: number): string | undefined;
  /** The server wants nothing more for so many milliseconds: told to the other processes, where there are any. */
  tellPause?(ms: number): void;
  /** Ends what it has started: jobs and connections of its own. */
  close(): Promise<void>;
}

/** What the permits of a key tell the key. */
export interface Hooks {
  /** There may be a permit. */
  ready(): void;
  /** Bottleneck has refused a job of this weight, or, without a weight, gives no permits at all: those go without. */
  refused(weight: number | undefined, error: unknown): void;
  /** Another process has heard of a pause, of so many milliseconds from now. */
  paused(ms: number): void;
}

/** Makes the permits of a key. */
export interface Counter {
  permits(key: string, hooks: Hooks): Permits;
  /** Ends what it has started for all keys. */
  close?(): Promise<void>;
}

/** Those who wait, the next one first. */
export interface Waiting extends Iterable<{ readonly weight: number }> {
  peek(): { readonly weight: number } | undefined;
}

/** How much of what a key allows. */
export interface Limits {
  readonly maxConcurrent?: number | undefined;
  readonly minTime?: number | undefined;
  readonly windows: readonly WindowLimit[];
}

/** At most `limit` in any `interval`. */
export interface WindowLimit {
  readonly limit: number;
  /** In milliseconds. */
  readonly interval: number;
}

/** Why the limits can never allow so much weight; `undefined` where they can. */
export function overLimit({ maxConcurrent = Infinity, windows }: Limits, weight: number): string | undefined {
  const limit = Math.min(maxConcurrent, ...windows.map((window) => window.limit));
  return weight > limit ? `a weight of ${weight} is above the limit of ${limit}` : undefined;
}
