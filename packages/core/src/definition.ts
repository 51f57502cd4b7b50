import type { Options as KyOptions } from 'ky';
import type { Call } from './call.ts';
import type { Check } from './check.ts';
import type { Place } from './place.ts';

/** What a layer is made of. It may occupy any of the four places; it names its stage, never its neighbours. */
export interface LayerDefinition<Options extends object> {
  /** Unique; records and errors show it. */
  readonly name: string;
  /** Made by `rules()`: checks the options when the layer is made, and reports all faults together. */
  readonly check?: Check<Options>;
  /** How later options refine earlier ones; by default each given option replaces the earlier one. */
  readonly merge?: (earlier: Options, later: Options) => Options;
  /** Sets ky's own options for one call, before ky reads them. Synchronous; knows neither URL nor a Request's method. */
  readonly configure?: (ky: KyOptions, options: Options, call: Call) => void;
  /** Made by `gate()`, `wire()`, `verdict()` and `settled()`. */
  readonly places?: readonly Place<Options>[];
  /** The options with what holds where one was not given, as `explain()` shows them. */
  readonly inForce?: (options: Options, ky: KyOptions) => object;
  /** What `explain()` should warn of. */
  readonly warnings?: (options: Options, ky: KyOptions) => readonly string[];
}

/** A layer whose options are its own business. */
export type AnyLayer = Omit<LayerDefinition<never>, 'check'> & { readonly check?: Check<object> };
