/** A target with its relations (`rel`), in lower case. */
interface Link {
  readonly target: string;
  readonly relations: readonly string[];
}

/**
 * Reads a `Link` header (RFC 8288, section 3): `<target>; rel="next"; …, <target>; …`. Leniently, as the RFC asks: what
 * is no link is passed over. Of several `rel` in one link the first counts.
 */
export function parseLinks(value: string | null): Link[] {
  return [...(value ?? '').matchAll(link)].map(([, target = '', parameters = '']) => {
    const rel = [...parameters.matchAll(parameter)].find(([, name]) => name!.toLowerCase() === 'rel');
    const relations = rel?.[2] === undefined ? (rel?.[3] ?? '') : rel[2].replaceAll(/\\(.)/g, '$1');
    return { target, relations: relations.toLowerCase().split(/\s+/).filter(Boolean) };
  });
}

/**
 * `<target>` and its parameters, which run to the next comma outside of quotes. What is quoted has a bound, for where a
 * quote is not closed each link would search the rest anew, and a server could make that take long.
 */
const link = /<([^<>]*)>((?:[^,"<]|"(?:[^"\\]|\\.){0,1000}")*)/g;
/** `; name="quoted"` or `; name=token`. */
const parameter = /;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/g;
