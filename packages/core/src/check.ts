import { type Fault, OptionsError } from './errors.ts';
import { maxTimerDelay } from './timers.ts';

/** What one option must be. */
export interface Rule {
  /** Completes the sentence "must be …". */
  readonly text: string;
  readonly test: (value: unknown) => boolean;
  /** The value is a secret: it is shown in no message. */
  readonly secret?: boolean;
  /** What is wrong inside a value that is a group of options; `undefined` where the value is none. */
  readonly faults?: (option: string, value: unknown) => readonly Fault[] | undefined;
}

/** A rule for each option. */
type Table<Options> = { readonly [Name in keyof Required<Options>]: Rule };

/** Checks the options of a layer; throws an {@link OptionsError} that names every fault. */
export interface Check<Options> {
  (layer: string, options: Options): void;
  /** Whether the value of this option must not be shown. */
  isSecret(option: string): boolean;
}

/**
 * A check from a rule for each option. An option without a rule is refused as unknown, one that is `undefined` counts
 * as not given.
 *
 * @param across rules that span options; asked only when each option is right by itself
 */
export function rules<Options extends object>(
  table: Table<Options>,
  across?: (options: Options) => readonly Fault[],
): Check<Options> {
  const byName = new Map<string, Rule>(Object.entries(table));
  const check = (layer: string, options: Options): void => {
    if (!isGroup(options))
      throw new OptionsError(layer, [fault('the argument', 'must be an object or false', options)]);
    const faults = faultsIn(byName, options);
    if (faults.length === 0 && across) faults.push(...across(options));
    if (faults.length > 0) throw new OptionsError(layer, faults);
  };
  return Object.assign(check, { isSecret: (option: string) => byName.get(option)?.secret === true });
}

/** A group of options; what is wrong in it is reported by its dotted name, such as `queue.limit`. */
export function shape<Options extends object>(table: Table<Options>): Rule {
  const byName = new Map<string, Rule>(Object.entries(table));
  return {
    ...secretIf(...byName.values()),
    text: `an object of ${[...byName.keys()].join(', ')}`,
    test: (value) => isGroup(value) && faultsIn(byName, value).length === 0,
    faults: (option, value) => (isGroup(value) ? faultsIn(byName, value, `${option}.`) : undefined),
  };
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faultsIn(table: ReadonlyMap<string, Rule>, options: object, prefix = ''): Fault[] {
  return Object.entries(options).flatMap(([name, value]): readonly Fault[] => {
    const rule = table.get(name);
    const option = prefix + name;
    if (!rule)
      return [fault(option, `is not an option (known: ${[...table.keys()].join(', ')})`, value, true)];
    if (value === undefined || rule.test(value)) return [];
    return rule.faults?.(option, value) ?? [fault(option, `must be ${rule.text}`, value, rule.secret)];
  });
}

function fault(option: string, rule: string, value: unknown, hidden?: boolean): Fault {
  return { option, rule, value: hidden ? kind(value) : show(value) };
}

/** A number of milliseconds that a timer can hold. */
export function duration(min = 0): Rule {
  return {
    text: `a number of milliseconds from ${min} to ${maxTimerDelay}`,
    test: (value) => typeof value === 'number' && value >= min && value <= maxTimerDelay,
  };
}

/** A whole number. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Rule {
  return {
    text: `a whole number from ${min} ${max === Number.MAX_SAFE_INTEGER ? 'up' : `to ${max}`}`,
    test: (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
  };
}

/** One of these very values. */
export function oneOf(...values: readonly unknown[]): Rule {
  return { text: `one of ${values.map(show).join(', ')}`, test: (value) => values.includes(value) };
}

/** A function. */
export const callback: Rule = { text: 'a function', test: (value) => typeof value === 'function' };

/** A string that is not empty. */
export const text: Rule = {
  text: 'a string that is not empty',
  test: (value) => typeof value === 'string' && value !== '',
};

/** The name of a header, as HTTP has it: what `fetch` would refuse is told here, not in a call. */
export const headerName: Rule = {
  text: 'the name of a header',
  test: (value) => typeof value === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(value),
};

/** An array whose every member keeps the rule. */
export function listOf(member: Rule): Rule {
  return {
    ...secretIf(member),
    text: `an array, each member ${member.text}`,
    test: (value) => Array.isArray(value) && value.every((one) => member.test(one)),
  };
}

/** Whatever one of the rules allows. */
export function either(...allowed: readonly Rule[]): Rule {
  return {
    ...secretIf(...allowed),
    text: allowed.map((rule) => rule.text).join(' or '),
    test: (value) => allowed.some((rule) => rule.test(value)),
    faults: (option, value) => {
      for (const rule of allowed) {
        const faults = rule.faults?.(option, value);
        if (faults) return faults;
      }
      return undefined;
    },
  };
}

function secretIf(...parts: readonly Rule[]): { readonly secret?: true } {
  return parts.some((rule) => rule.secret) ? { secret: true } : {};
}

/** A value as messages show it: short, with its kind where that is not plain to see. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  // A list within it may be long, or be the list itself.
  if (Array.isArray(value) && value.length <= 8)
    return `[${value.map((one) => (Array.isArray(one) ? kind(one) : show(one))).join(', ')}]`;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  return kind(value);
}

function kind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
