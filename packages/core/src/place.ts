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
  /** Hooks the place into one call, for all layers that occupy it. */
  readonly engine: (run: Run, steps: readonly Step[]) => void;
  /** Never set: ties the place to the options of its layer. */
  readonly options?: (options: Options) => void;
}

/** A place with its layer and the options in force. */
export interface Step {
  readonly layer: string;
  readonly place: Place<never>;
  readonly options: never;
}
