import { type Fault, OptionsError } from './errors.ts';
import { maxTimerDelay } from './timers.ts';

/** What one option must be. */
export interface Rule {
  /** Completes the sentence "must be …". */
  readonly text: string;
  readonly test: (value: unknown) => boolean;
  /** The value is a secret: it is shown in no message. */
  readonly secret?: boolean;
}

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
  table: { readonly [Name in keyof Required<Options>]: Rule },
  across?: (options: Options) => readonly Fault[],
): Check<Options> {
  const byName = new Map<string, Rule>(Object.entries(table));
  const check = (layer: string, options: Options): void => {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new OptionsError(layer, [fault('the argument', 'must be an object or false', options)]);
    }
    const faults: Fault[] = [];
    for (const [option, value] of Object.entries(options)) {
      const rule = byName.get(option);
      if (!rule) {
        faults.push(fault(option, `is not an option (known: ${[...byName.keys()].join(', ')})`, value, true));
      } else if (value !== undefined && !rule.test(value)) {
        faults.push(fault(option, `must be ${rule.text}`, value, rule.secret));
      }
    }
    if (faults.length === 0 && across) faults.push(...across(options));
    if (faults.length > 0) throw new OptionsError(layer, faults);
  };
  return Object.assign(check, { isSecret: (option: string) => byName.get(option)?.secret === true });
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
  };
}

function secretIf(...parts: readonly Rule[]): { readonly secret?: true } {
  return parts.some((rule) => rule.secret) ? { secret: true } : {};
}

/** A value as messages show it: short, with its kind where that is not plain to see. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value) && value.length <= 8) return `[${value.map(show).join(', ')}]`;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  return kind(value);
}

function kind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
