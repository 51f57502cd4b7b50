import ky, { type Options as KyOptions } from 'ky';

/**
 * Makes one fragment of several, ordinary ky options among them, merged as ky merges: hooks are appended, headers
 * merged, and the same layer twice is refined. What removes something, such as a header set to `undefined`, removes it
 * from the fragments before it; of what the instance has it knows nothing. Spreading would let the last `hooks` and the last refinement win.
 *
 * @example
 * ```ts
 * import { compose } from '@kyhooks/core';
 *
 * const resilient = compose({ headers: { accept: 'application/json' } }, retry(), timeout());
 * const api = ky.create({ baseUrl: 'https://api.example.com/', ...resilient });
 * ```
 */
export function compose(...fragments: readonly KyOptions[]): KyOptions {
  let api = ky.create({});
  for (const fragment of fragments) api = api.extend(fragment);
  let composed: KyOptions = {};
  api.extend((merged) => (composed = merged));
  return composed;
}
