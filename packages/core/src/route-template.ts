/** Text of a segment that is no parameter: what patterns of the platform's would read as syntax is left out. */
const literal = /^[^:*{}()?+\\#]*$/;
const parameter = /^:[a-z_]\w*$/i;
const dots = /^(?:\.|%2e){1,2}$/i;

/**
 * What is wrong with a route template; `undefined` when it is one.
 *
 * A template is a path with a leading slash. Each segment is literal text, or `:name` for any text that is not empty;
 * the last may be `*` for any rest. `/v1/users/:id`, `/files/*`.
 */
export function templateFault(template: unknown): string | undefined {
  if (typeof template !== 'string' || !template.startsWith('/')) return 'must be a path with a leading slash';
  const segments = segmentsOf(template);
  const names = segments.filter((segment) => segment.startsWith(':'));
  if (new Set(names).size < names.length) return 'must not name two parameters alike';
  return segments.every((segment, index) =>
    segment === '*'
      ? index === segments.length - 1
      : parameter.test(segment) || (literal.test(segment) && !dots.test(segment)),
  )
    ? undefined
    : 'must have segments that are each text or `:name`, the last one perhaps `*`';
}

/** The segments of a path, from behind its leading slash. */
export function segmentsOf(path: string): string[] {
  return path.slice(1).split('/');
}

/** Literal text as a URL writes it. */
export function encoded(segment: string): string {
  return new URL(`http://a/${segment}/`).pathname.slice(1, -1);
}

/** Values for the parameters of a template, by name; `*` for the rest. */
export type RouteParams = Readonly<Record<string, string | number | bigint | boolean>>;

/**
 * The path of a template with these values, each encoded. `*` keeps its slashes.
 *
 * @throws TypeError when a value is missing or empty, or is `.` or `..`, which no URL can carry as a segment
 */
export function fillTemplate(template: string, params: RouteParams = {}): string {
  const fill = (name: string, value: string): string => {
    if (value === '' || dots.test(value)) throw new TypeError(`${template}: ${name} must not be "${value}"`);
    return encodeURIComponent(value);
  };
  const filled = segmentsOf(template).map((segment) => {
    if (segment !== '*' && !segment.startsWith(':')) return encoded(segment);
    const name = segment === '*' ? segment : segment.slice(1);
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    if (value === undefined || value === null) throw new TypeError(`${template}: ${name} is missing`);
    if (segment !== '*') return fill(name, String(value));
    return String(value)
      .split('/')
      .map((part) => part && fill(name, part))
      .join('/');
  });
  return `/${filled.join('/')}`;
}
