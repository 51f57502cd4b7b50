/// <reference lib="esnext.disposable" />
import { type Check, gate, layer, type LayerFactory, wire } from '@kyhooks/core';
import type { Options as KyOptions } from 'ky';
import { admit } from './admit.ts';
import { follow } from './follow.ts';
import { holdBody } from './hold-body.ts';
import { type RateLimitOptions, resolve } from './options.ts';
import type { KeyStats } from './pool.ts';
import { type Counting, limiterOf, merge, source, Source, type Sourced } from './source.ts';

/** The limiter that a fragment has made. */
export interface RateLimits extends AsyncDisposable {
  /** What runs and waits, by key. */
  stats(): Map<string, KeyStats>;
  /**
   * Takes no more calls. Those that wait are refused, or served first with `drain`; it resolves when nothing runs any
   * more. No timer and no job is left.
   */
  close(options?: { readonly drain?: boolean }): Promise<void>;
}

/** A ky `Options` fragment that also gives access to its limiter. A spread or `compose()` keeps only the options. */
export type RateLimitFragment = KyOptions & RateLimits;

/** Makes the factory of an entry, which differ in their options and in what counts. */
export function factoryOf<Options extends RateLimitOptions>(
  check: Check<Options>,
  counting: Counting,
): (options: Options | false, id?: string) => RateLimitFragment {
  const layers = new Map<string, LayerFactory<Sourced>>();
  const layerOf = (id: string | undefined): LayerFactory<Sourced> => {
    const name = id === undefined ? 'rateLimit' : `rateLimit:${id}`;
    const known = layers.get(name);
    if (known) return known;
    const made = makeLayer(name);
    layers.set(name, made);
    return made;
  };
  return (options, id) => {
    if (options !== false) check('rateLimit', options);
    const from = new Source(options || {}, counting);
    const install = layerOf(options ? options.id : id);
    return withAccess(install(options && { ...options, [source]: from }), from);
  };
}

function makeLayer(name: string): LayerFactory<Sourced> {
  return layer<Sourced>({
    name,
    merge,
    configure: (_, { followServer }, call) => {
      if (followServer !== false) call.paced = true;
    },
    places: [
      gate({ stage: 'admit', run: (pass, options) => admit(pass, limiterOf(options, name)) }),
      wire({
        stage: 'observe',
        answered(response, send, options) {
          const limiter = limiterOf(options, name);
          follow(response, send, limiter);
          holdBody(response, send, limiter);
        },
      }),
    ],
    inForce: (options) => ({ ...options, ...resolve(options) }),
    warnings: ({ queue }) =>
      queue?.limit === Infinity && !queue.timeout ? [`${name}: nothing bounds the queue`] : [],
  });
}

/** What is not enumerable ky does not see. */
function withAccess(fragment: KyOptions, from: Source): RateLimitFragment {
  const access: RateLimits = {
    stats: () => from.stats(),
    close: ({ drain = false } = {}) => from.close(drain),
    [Symbol.asyncDispose]: () => from.close(false),
  };
  for (const name of Reflect.ownKeys(access)) {
    Object.defineProperty(fragment, name, { value: access[name as keyof RateLimits] });
  }
  return fragment as RateLimitFragment;
}
