import type { Situation } from './situation.ts';

/** Where the drawing of a situation is kept, for the page to include. */
export function fileOf({ name }: Situation): URL {
  return new URL(`../../../docs/.figures/situations/${name}.md`, import.meta.url);
}
