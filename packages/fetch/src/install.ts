import type { KyInstance, Options as KyOptions } from 'ky';
import { type Fetch, toFetch } from './to-fetch.ts';

/** A replaced global `fetch`. */
export interface Installed extends Disposable {
  /** The `fetch` that was there before: for calls that a layer makes itself, such as that for a token. */
  readonly original: Fetch;
}

/** Replaces `globalThis.fetch` until it is disposed of. The layers themselves send with the one that was there before. */
export function install(source: KyInstance | KyOptions): Installed {
  const original = globalThis.fetch;
  const base: KyOptions = { fetch: (input, init) => original(input, init) };
  const made = toFetch(
    typeof source === 'function'
      ? source.extend((own) => ({ fetch: own.fetch ?? base.fetch! }))
      : { ...base, ...source },
  );
  let on = true;
  // Somebody may have wrapped it by the time it is disposed of.
  const replaced: Fetch = (input, init) => (on ? made(input, init) : original(input, init));
  globalThis.fetch = replaced;
  return {
    original,
    [Symbol.dispose]() {
      on = false;
      if (globalThis.fetch === replaced) globalThis.fetch = original;
    },
  };
}
