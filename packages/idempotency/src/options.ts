import {
  callback,
  type Check,
  duration,
  either,
  headerName,
  listOf,
  oneOf,
  type Rule,
  rules,
  text,
} from '@kyhooks/core';
import { origins, type Origins } from '@kyhooks/core/origins';
import { characters, type KeyFormat, randomKey } from './key.ts';
import { noPreset, type Preset, presets, type PresetName } from './presets.ts';
import type { KeepOptions, OperationStore } from './stored-key.ts';

/** Options of `idempotency()`. */
export interface IdempotencyOptions {
  /**
   * Methods that get a key; letter case is ignored.
   *
   * Source: the IETF draft, section 1.
   *
   * @default ['POST', 'PATCH']
   */
  readonly methods?: readonly string[];
  /**
   * The rules of an API: header, format, length, and what its answers mean. `header` and `format` overrule it. Without
   * one the answers are read as the IETF draft describes them.
   */
  readonly preset?: PresetName;
  /** Name of the header. By default the preset's, else `Idempotency-Key`. */
  readonly header?: string;
  /** `raw` or `quoted`. By default the preset's, else `raw`. */
  readonly format?: KeyFormat;
  /**
   * Makes a key, once per call, or once per operation. By default a random UUID.
   */
  readonly createKey?: (request: Request) => string | Promise<string>;
  /**
   * Name of what the caller wants done, such as `invoice:2026-11:acme`, or a function of the request that gives it
   * (`undefined`: no operation). The same operation has the same key for `ttl`, through `store`. Without one each call
   * is an intent of its own.
   */
  readonly operation?: string | ((request: Request) => string | undefined | Promise<string | undefined>);
  /** Where the keys of operations are kept: `memory()`, `localStore()`, `file()`, or a `createStore()`. */
  readonly store?: OperationStore;
  /**
   * How long an operation keeps its key, in milliseconds.
   *
   * Source: how long Stripe keeps keys at least.
   *
   * @default 86_400_000
   */
  readonly ttl?: number;
  /**
   * What happens to a call with an operation when the store fails. `refuse` does not send it; `proceed` sends it with a
   * fresh key, and says so on the record: it may then happen twice.
   *
   * @default 'refuse'
   */
  readonly onStoreError?: 'refuse' | 'proceed';
  /**
   * The origins that get a key, or a function of the URL. By default the instance's own where it has a `baseUrl`, else
   * all.
   */
  readonly origins?: Origins;
  /**
   * Whether the API honours keys, so that the request may be sent again. `false` sends the key and promises nothing.
   *
   * @default true
   */
  readonly honored?: boolean;
}

/** The defaults of {@link IdempotencyOptions}. */
export const idempotencyDefaults: Required<
  Pick<IdempotencyOptions, 'methods' | 'ttl' | 'onStoreError' | 'honored'>
> = {
  methods: ['POST', 'PATCH'],
  ttl: 86_400_000,
  onStoreError: 'refuse',
  honored: true,
};

const store: Rule = {
  text: 'a store, such as memory()',
  test: (value) => typeof (value as OperationStore | null)?.keyOf === 'function',
};

export const check: Check<IdempotencyOptions> = /* @__PURE__ */ rules<IdempotencyOptions>({
  methods: listOf(text),
  preset: oneOf(...Object.keys(presets)),
  header: headerName,
  format: oneOf('raw', 'quoted'),
  createKey: callback,
  operation: either(text, callback),
  store,
  ttl: duration(1),
  onStoreError: oneOf('refuse', 'proceed'),
  origins,
  honored: oneOf(true, false),
});

/** Every option, after defaulting, with the rules of the API. */
export interface Resolved
  extends Preset, KeepOptions, Pick<IdempotencyOptions, 'operation' | 'store' | 'origins'> {
  readonly methods: readonly string[];
  readonly createKey: NonNullable<IdempotencyOptions['createKey']>;
  readonly honored: boolean;
}

/** The options in force: the user's, else the preset's, else the defaults. */
export function resolve(options: IdempotencyOptions): Resolved {
  const api = options.preset ? presets[options.preset] : noPreset;
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { createKey: randomKey, ...idempotencyDefaults, ...api, ...given };
}

/** Whether the API takes this key. */
export function takes({ maxLength = Infinity, format, alphabet }: Resolved, key: string): boolean {
  return key.length <= maxLength && (alphabet ?? characters[format]).test(key);
}
