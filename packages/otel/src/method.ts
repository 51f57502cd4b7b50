/** RFC 9110 and 5789 (PATCH), and QUERY (RFC 10008): what the conventions know. Case-sensitive, as methods are. */
const standard = 'CONNECT,DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT,QUERY,TRACE';

let known: readonly string[] | undefined;

/** The method if it is known, else `_OTHER`: an attribute must not take any number of values. */
export function methodOf(method: string): string {
  known ??= listOf(variable('OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS') || standard);
  return known.includes(method) ? method : '_OTHER';
}

/** The name of a span: the method, and the template of the path where a layer knows it. Never the path itself. */
export function nameOf(method: string, route: string | undefined): string {
  const verb = method === '_OTHER' ? 'HTTP' : method;
  return route === undefined ? verb : `${verb} ${route}`;
}

function listOf(text: string): readonly string[] {
  return text.split(',').map((one) => one.trim());
}

/** Of the environment: browsers have none, and Deno throws where it may not be read. */
function variable(name: string): string | undefined {
  const runtime = globalThis as unknown as {
    readonly process: { readonly env: Readonly<Record<string, string | undefined>> };
  };
  try {
    const { env } = runtime.process;
    return env[name];
  } catch {
    return undefined;
  }
}
