/** One thing wrong with the options of a layer. */
export interface Fault {
  /** Name of the option, dotted where it is nested. */
  readonly option: string;
  /** What it must be, such as `must be a number of milliseconds from 0 up`. */
  readonly rule: string;
  /** What was given, cut short; `<hidden>` for an option that holds a secret. */
  readonly value: string;
}

/** The options of a layer are not valid. Thrown when the layer is made, with every fault at once. */
export class OptionsError extends TypeError {
  override readonly name = 'OptionsError';
  readonly code = 'INVALID_OPTIONS';
  readonly layer: string;
  readonly faults: readonly Fault[];

  constructor(layer: string, faults: readonly Fault[]) {
    const list = faults.map(({ option, rule, value }) => `\n  - ${option} ${rule}, got ${value}`);
    super(`${layer}() was given options that are not valid:${list.join('')}`);
    this.layer = layer;
    this.faults = faults;
  }
}

/** Whether the value is an {@link OptionsError}, also one made by another copy of this package. */
export function isOptionsError(value: unknown): value is OptionsError {
  return hasCode(value, 'INVALID_OPTIONS');
}

/**
 * Whether an error carries this `code`. Guards ask the code and not the class, so that they hold when two copies of a
 * package are loaded.
 */
export function hasCode(value: unknown, ...codes: readonly string[]): boolean {
  return value instanceof Error && codes.includes((value as Error & { code?: unknown }).code as string);
}
