import type { Run } from './run.ts';

/** The four places of a call, in the order in which their engines are hooked in. */
export const placeKinds = ['wire', 'verdict', 'gate', 'settled'] as const;

/**
 * One of the four places, occupied. It brings the engine of its place with it: what no layer occupies is neither
 * hooked nor bundled.
 */
export interface Place<Options> {
  readonly kind: (typeof placeKinds)[number];
  readonly stage: string;
  /** Where the stage stands among those of its place. */
  readonly order: number;
  /** Prepared once for all layers that occupy the place; what it gives, if any, hooks the place into one call. */
  readonly engine: (steps: readonly Step[]) => ((run: Run) => void) | undefined;
  /** Never set: ties the place to the options of its layer. */
  readonly options?: (options: Options) => void;
}

/** A place with its layer and the options in force. */
export interface Step {
  readonly layer: string;
  readonly place: Place<never>;
  readonly options: never;
}
