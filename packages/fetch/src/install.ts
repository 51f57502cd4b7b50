import type { KyInstance, Options as KyOptions } from 'ky';
import { type Fetch, toFetch } from './to-fetch.ts';

/** A replaced global `fetch`. */
export interface Installed extends Disposable {
  /**
   * The `fetch` that was there before: in browsers, for calls that a layer's callback makes, such as that for a token.
   * A browser refuses to have it called as a method: `const { original } = install(source)`.
   */
  readonly original: Fetch;
}

/** What follows asynchronous work, as `AsyncLocalStorage` of Node does. */
interface Inside {
  getStore(): unknown;
  run<T>(store: true, work: () => T): T;
}

/** Of the runtime, without an import that browsers do not have. */
function following(): Inside | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): { AsyncLocalStorage: new () => Inside } | undefined };
  };
  const hooks = process?.getBuiltinModule?.('node:async_hooks');
  return hooks && new hooks.AsyncLocalStorage();
}

/**
 * Replaces `globalThis.fetch` until it is disposed of. The layers send with the one that was there before, and so do
 * their callbacks, where the runtime has `AsyncLocalStorage`: Node 22.3 or later, Deno, Bun. Browsers have not.
 */
export function install(source: KyInstance | KyOptions = {}): Installed {
  const original = globalThis.fetch;
  const below = ({ fetch = (input, init) => original(input, init) }: KyOptions): KyOptions => ({ fetch });
  const made = toFetch(typeof source === 'function' ? source.extend(below) : { ...source, ...below(source) });
  const inside = following();
  let on = true;
  // Somebody may have wrapped it by the time it is disposed of.
  const replaced: Fetch = (input, init) => {
    if (!on || inside?.getStore()) return original(input, init);
    return inside ? inside.run(true, () => made(input, init)) : made(input, init);
  };
  globalThis.fetch = replaced;
  return {
    original,
    [Symbol.dispose]() {
      on = false;
      if (globalThis.fetch === replaced) globalThis.fetch = original;
    },
  };
}
