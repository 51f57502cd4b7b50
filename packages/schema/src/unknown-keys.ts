/** Unknown keys that are told of. */
const most = 20;
/** Objects looked into: an answer may be large, and this is a report. */
const mostVisited = 10_000;

interface Visit {
  readonly came: object;
  readonly kept: unknown;
  /** Linked, not copied: the data may be deep. */
  readonly key?: string;
  readonly above?: Visit;
}

/** The keys of what came that a schema has not kept, as paths. */
export function unknownKeys(came: unknown, kept: unknown): string[][] {
  const found: string[][] = [];
  const visits: Visit[] = isObject(came) ? [{ came, kept }] : [];
  for (let visited = 0; visits.length > 0 && visited < mostVisited && found.length < most; visited++) {
    const at = visits.pop()!;
    // What a schema has made something else of is its own business.
    if (at.came === at.kept || !isObject(at.kept) || Array.isArray(at.came) !== Array.isArray(at.kept))
      continue;
    for (const [key, value] of Object.entries(at.came)) {
      if (!Object.hasOwn(at.kept, key)) found.push(pathTo(at, key));
      else if (isObject(value)) {
        visits.push({ came: value, kept: (at.kept as Record<string, unknown>)[key], key, above: at });
      }
    }
  }
  return found.slice(0, most);
}

function pathTo(visit: Visit, last: string): string[] {
  const path = [last];
  for (let at = visit; at.key !== undefined; at = at.above!) path.push(at.key);
  return path.reverse();
}

/** A plain object or an array; not what a transform makes, such as a Date. */
function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}
