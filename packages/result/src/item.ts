import type { Failure, Result } from './types.ts';

/**
 * What became of one input: the `Result` that its call gave. A plain value becomes `{ ok: true, data }`, and what the
 * call throws a failure.
 */
export type FanOutResult<Value> =
  | (Value extends Result ? Value : { readonly ok: true; readonly data: Value })
  | Failure<undefined>;

/** A result with its input. */
export interface FanOutItem<Input, Value> {
  readonly index: number;
  readonly input: Input;
  readonly result: FanOutResult<Value>;
}
