import type { StandardSchemaV1Issue } from 'ky';

/** One thing wrong with the data. */
export interface SchemaIssue {
  /** Where, dotted, such as `items.0.id`; empty for the whole. */
  readonly path: string;
  /** The same as keys, exact also where one contains a dot or is a symbol. */
  readonly keys: readonly PropertyKey[];
  /** What is wrong, without the value unless `values` is set. */
  readonly message: string;
  /** The value, where `values` is set. */
  readonly value?: unknown;
}

/** Issues that an error holds. */
const kept = 20;
const longestText = 200;
/** Parts of a value that are looked for in a message; of a larger one the message is not shown. */
const partsSought = 1_000;

/** What validators tell beside what the specification asks of them. */
interface Told extends StandardSchemaV1Issue {
  readonly expected?: unknown;
  /** What the validator looked at: valibot and ArkType tell. */
  readonly input?: unknown;
  readonly data?: unknown;
}

/** The first issues in our form. */
export function describeIssues(
  issues: readonly StandardSchemaV1Issue[],
  data: unknown,
  values: boolean,
): SchemaIssue[] {
  return issues.slice(0, kept).map((issue: Told) => {
    const keys = keysOf(issue);
    const value = valueAt(data, keys);
    const message = cut(values ? issue.message : withoutValue(issue, value));
    const path = dotPath(keys);
    return values ? { path, keys, message, value } : { path, keys, message };
  });
}

/** The keys of an issue's path. */
export function keysOf({ path = [] }: StandardSchemaV1Issue): PropertyKey[] {
  return path.map((step) => (typeof step === 'object' ? step.key : step));
}

/** Keys in one string, such as `items.0.id`. */
export function dotPath(keys: readonly PropertyKey[]): string {
  return cut(keys.map(String).join('.'));
}

/** A message that repeats the value is told in our own words: what was expected, and the type of what came. */
function withoutValue({ message, expected, input, data }: Told, value: unknown): string {
  const isQuiet = (text: string): boolean => ![value, input, data].some((one) => repeats(text, one));
  if (isQuiet(message)) return message;
  const rule = typeof expected === 'string' && isQuiet(expected) ? `expected ${expected}` : 'not as expected';
  return `${rule}, got ${typeName(value)}`;
}

/** Whether a message contains a value or a part of it, be it trimmed, in other letters, or as JSON writes it. */
function repeats(message: string, value: unknown): boolean {
  const said = message.toLowerCase();
  const parts = [value];
  for (let sought = 0; parts.length > 0; sought++) {
    const part = parts.pop();
    if (sought === partsSought) return true;
    // In whatever form, a date is not told without a digit.
    if (part instanceof Date && /\d/.test(said)) return true;
    if (typeof part === 'object' && part !== null) parts.push(...Object.values(part).slice(0, partsSought));
    // Of the others there is nothing to hide.
    else if (['string', 'number', 'bigint'].includes(typeof part)) {
      const text = String(part).trim().toLowerCase();
      const asJson = JSON.stringify(text).slice(1, -1);
      if (text && (said.includes(text) || said.includes(asJson))) return true;
    }
  }
  return false;
}

function valueAt(data: unknown, keys: readonly PropertyKey[]): unknown {
  let value = data;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
