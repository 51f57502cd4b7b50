import type { StandardSchemaV1, StandardSchemaV1Issue } from 'ky';

/** What a schema said. */
export type Validated =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly StandardSchemaV1Issue[] }
  | { readonly threw: unknown };

/** Asks a schema; at once where it answers at once. What it throws is given, not thrown. */
export function validate(schema: StandardSchemaV1, data: unknown): Validated | Promise<Validated> {
  try {
    const said: Validated | Promise<Validated> = schema['~standard'].validate(data);
    return isPromise(said) ? said.catch((threw: unknown): Validated => ({ threw })) : said;
  } catch (threw) {
    return { threw };
  }
}

/** Goes on with a value, at once where it is here: an `await` would cost each call a turn. */
export function andThen<Value, Result>(
  value: Value | Promise<Value>,
  next: (value: Value) => Result | Promise<Result>,
): Result | Promise<Result> {
  return isPromise(value) ? value.then(next) : next(value);
}

function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof (value as Partial<Promise<Value>> | null | undefined)?.then === 'function';
}
