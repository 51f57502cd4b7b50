import type { Call } from '@kyhooks/core';
import type { SearchParamsOption } from 'ky';

/** Of typed calls: their own search parameters, without those of the instance. */
export const ownSearch: WeakMap<Call, SearchParamsOption> = /* @__PURE__ */ new WeakMap();

/** Search parameters as a schema sees them: an object as it was given, anything else as strings by name. */
export function searchOf(given: SearchParamsOption | undefined, url: string): Record<string, unknown> {
  if (isRecord(given))
    return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const read = new Map<string, string | string[]>();
  for (const [name, value] of new URL(url).searchParams) {
    const before = read.get(name);
    read.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(read);
}

function isRecord(given: SearchParamsOption | undefined): given is Record<string, never> {
  return typeof given === 'object' && !Array.isArray(given) && !(given instanceof URLSearchParams);
}
