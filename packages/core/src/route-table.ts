import { encoded, segmentsOf } from './route-template.ts';

/** A template, with what was filed under it. */
export interface FoundRoute<Value> {
  readonly template: string;
  readonly value: Value;
}

interface Node<Value> {
  readonly literals: Map<string, Node<Value>>;
  /** Behind any segment that is not empty. */
  any?: Node<Value>;
  /** The template that ends here. */
  end?: FoundRoute<Value>;
  /** The template whose `*` takes whatever follows. */
  rest?: FoundRoute<Value>;
}

const node = <Value>(): Node<Value> => ({ literals: new Map() });

/**
 * Finds the template that a path fits. A tree of segments: the time to find one depends on the path, not on the number
 * of templates. Literal text goes before `:name`, and that before `*`, whatever the order they were added in.
 *
 * A template matches what the platform's `URLPattern` matches with it; it is not used because Node 22 has none, and
 * because it tries one pattern after another.
 */
export class RouteTable<Value> {
  readonly #root = node<Value>();

  /** Files a value under a template that is valid; gives the template that matches the same paths, if there is one. */
  add(template: string, value: Value): string | undefined {
    let at = this.#root;
    for (const segment of segmentsOf(template)) {
      if (segment === '*') {
        at.rest ??= { template, value };
        return at.rest.template === template ? undefined : at.rest.template;
      }
      if (segment.startsWith(':')) {
        at = at.any ??= node();
      } else {
        const text = encoded(segment);
        let next = at.literals.get(text);
        if (!next) at.literals.set(text, (next = node()));
        at = next;
      }
    }
    at.end ??= { template, value };
    return at.end.template === template ? undefined : at.end.template;
  }

  /** The best fit for a path as it stands in a URL: with a leading slash, encoded, without query. */
  find(path: string): FoundRoute<Value> | undefined {
    return walk(this.#root, path, 1);
  }
}

function walk<Value>(at: Node<Value>, path: string, from: number): FoundRoute<Value> | undefined {
  if (from > path.length) return at.end;
  const slash = path.indexOf('/', from);
  const to = slash === -1 ? path.length : slash;
  const segment = path.slice(from, to);
  const literal = at.literals.get(segment);
  return (
    (literal && walk(literal, path, to + 1)) ??
    (at.any && segment !== '' ? walk(at.any, path, to + 1) : undefined) ??
    at.rest
  );
}
