import type { Lane } from './lane.ts';
import type { ResolvedOptions } from './options.ts';
import type { Permit } from './permits/permits.ts';
import type { Pool } from './pool.ts';

/** A limiter as a layer has it. */
export interface Limiter {
  /** Of the layer, as records show it. */
  readonly name: string;
  readonly pool: Pool;
  /** Where an attempt keeps what it was admitted with, seen by nobody. A WeakMap costs several times as much. */
  readonly slot: symbol;
  readonly options: ResolvedOptions;
}

/** An attempt, with what it was admitted with by each limiter. */
export type Holder = Record<symbol, Admitted | undefined>;

/** An attempt that has its permit. */
export interface Admitted {
  readonly lane: Lane;
  readonly permit: Permit;
  /** Something else gives the permit back than the end of the attempt. */
  held?: true;
}
