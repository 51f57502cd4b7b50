import type { Attempt } from '@kyhooks/core';
import type { Lane } from './lane.ts';
import type { ResolvedOptions } from './options.ts';
import type { Permit } from './permits/permits.ts';
import type { Pool } from './pool.ts';

/** A limiter as a layer has it. */
export interface Limiter {
  /** Of the layer, as records show it. */
  readonly name: string;
  readonly pool: Pool;
  readonly admitted: WeakMap<Attempt, Admitted>;
  readonly options: ResolvedOptions;
}

/** An attempt that has its permit. */
export interface Admitted {
  readonly lane: Lane;
  readonly permit: Permit;
  /** Something else gives the permit back than the end of the attempt. */
  held?: true;
}
