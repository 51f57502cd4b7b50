import { AuthError } from './errors.ts';
import { authDefaults, type AuthOptions } from './options.ts';

/** Headers that `fetch` itself takes off a redirect to another origin. */
const takenOff = ['authorization', 'cookie', 'proxy-authorization'];

/** A request with the credentials on it. */
export interface Signed {
  readonly request: Request;
  /** Whether they would go along to wherever the server redirects. */
  readonly followsRedirects: boolean;
  /** Takes them off again: a request ends up in errors and hooks. */
  readonly clean: () => void;
}

/** Puts the credentials on. */
export async function apply(
  request: Request,
  token: string | undefined,
  options: AuthOptions,
): Promise<Signed> {
  const { query, sign, scheme = authDefaults.scheme, header = authDefaults.header } = options;
  if (query !== undefined) {
    const url = new URL(request.url);
    if (token !== undefined) url.searchParams.set(query, token);
    return { request: await elsewhere(request, url), followsRedirects: false, clean: () => undefined };
  }
  if (!sign) return inHeader(request, token, header, scheme);
  const before = new Headers(request.headers);
  const clean = (): void => restore(request.headers, before);
  try {
    await sign(request, token);
  } catch (error) {
    clean();
    throw error;
  }
  const added = [...request.headers.keys()].filter((name) => request.headers.get(name) !== before.get(name));
  return { request, followsRedirects: !added.every(isTakenOff), clean };
}

/** The common case, without a copy of all headers. */
function inHeader(request: Request, token: string | undefined, header: string, scheme: string): Signed {
  const { headers } = request;
  const before = headers.get(header);
  if (token !== undefined) set(request, header, scheme ? `${scheme} ${token}` : token);
  const clean = (): void => (before === null ? headers.delete(header) : headers.set(header, before));
  return { request, followsRedirects: !isTakenOff(header), clean };
}

function isTakenOff(name: string): boolean {
  return takenOff.includes(name.toLowerCase());
}

/** The platform's error would show the value. */
function set(request: Request, header: string, value: string): void {
  try {
    request.headers.set(header, value);
  } catch {
    throw new AuthError('AUTH_INVALID_TOKEN', request);
  }
}

const carried = [
  'method',
  'headers',
  'mode',
  'credentials',
  'cache',
  'redirect',
  'referrer',
  'referrerPolicy',
  'integrity',
  'keepalive',
  'signal',
] as const;

/**
 * The request, to another URL. Its body is read for that: handed on as it is it would become a stream, without a length,
 * which browsers send over HTTP/2 only.
 */
async function elsewhere(request: Request, url: URL): Promise<Request> {
  const init: RequestInit = Object.fromEntries(carried.map((name) => [name, request[name]]));
  if (request.body) init.body = await request.arrayBuffer();
  return new Request(url, init);
}

function restore(headers: Headers, before: Headers): void {
  for (const name of new Headers(headers).keys()) {
    const value = before.get(name);
    if (value === null) headers.delete(name);
    else if (value !== headers.get(name)) headers.set(name, value);
  }
}
