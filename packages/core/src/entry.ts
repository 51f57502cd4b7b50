import type { AnyLayer } from './definition.ts';
import { version } from './version.ts';

/**
 * What a fragment carries under its own key: a layer with options, or `false` to remove it. ky appends the arrays that
 * hold entries, so refinements arrive in the order of chaining.
 */
export class Entry {
  readonly version: string = version;
  readonly layer: AnyLayer;
  declare readonly options: object | false;
  // One refinement is remembered, so that an instance's options are merged once and not on every call.
  #earlier: Entry | undefined;
  #refined: Entry | undefined;

  constructor(layer: AnyLayer, options: object | false) {
    this.layer = layer;
    // Not enumerable: ky hangs its options on errors, and who prints those must not print a token.
    Object.defineProperty(this, 'options', { value: options });
  }

  /** This entry laid over an earlier one of the same layer. */
  over(earlier: Entry): Entry {
    if (this.#earlier !== earlier) {
      this.#earlier = earlier;
      const { merge = refine } = this.layer;
      this.#refined = new Entry(this.layer, merge(earlier.options as never, this.options as never));
    }
    return this.#refined!;
  }
}

/** The entry in force, or `undefined` where the last word was `false`. */
export function fold(entries: readonly Entry[]): Entry | undefined {
  let inForce: Entry | undefined;
  for (const entry of entries) {
    if (entry.options === false) inForce = undefined;
    else inForce = inForce ? entry.over(inForce) : entry;
  }
  return inForce;
}

/**
 * Lays later options over earlier ones, as layers do by default. One that is `undefined` counts as not given: it never
 * erases an earlier one.
 */
export function refine<Options extends object>(earlier: Options, later: Options): Options {
  return {
    ...earlier,
    ...Object.fromEntries(Object.entries(later).filter(([, value]) => value !== undefined)),
  };
}
