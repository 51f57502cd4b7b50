import { unlessAborted } from '@kyhooks/core';
import { AuthError } from './errors.ts';
import { authDefaults, type AuthOptions, type Sign } from './options.ts';

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
export function apply(
  request: Request,
  token: string | undefined,
  { sign, scheme = authDefaults.scheme, header = authDefaults.header }: AuthOptions,
): Signed | Promise<Signed> {
  return sign ? bySign(request, token, sign) : inHeader(request, token, header, scheme);
}

/** The common case, without a copy of all headers. */
function inHeader(request: Request, token: string | undefined, header: string, scheme: string): Signed {
  const { headers } = request;
  const before = headers.get(header);
  try {
    if (token !== undefined) headers.set(header, scheme ? `${scheme} ${token}` : token);
  } catch {
    // The platform's error would show the value.
    throw new AuthError('AUTH_INVALID_TOKEN', request);
  }
  return {
    request,
    followsRedirects: !isTakenOff(header),
    clean: () => putBack(headers, header, before),
  };
}

async function bySign(request: Request, token: string | undefined, sign: Sign): Promise<Signed> {
  const before = new Headers(request.headers);
  const changed = ({ headers }: Request): string[] =>
    [...new Set([...before.keys(), ...headers.keys()])].filter(
      (name) => headers.get(name) !== before.get(name),
    );
  const clean = (): void => {
    for (const name of changed(request)) putBack(request.headers, name, before.get(name));
  };
  const signing = (async () => sign(request, token))();
  try {
    const signed = (await unlessAborted(signing, request.signal)) ?? request;
    return { request: signed, followsRedirects: !changed(signed).every(isTakenOff), clean };
  } catch (error) {
    clean();
    // Behind an abort it goes on, and may set what nobody would take off.
    void signing.then(clean, clean);
    // As above: what cannot stand in a header is shown by some platforms.
    if (token && error instanceof TypeError && error.message.includes(token))
      throw new AuthError('AUTH_INVALID_TOKEN', request);
    throw error;
  }
}

function isTakenOff(name: string): boolean {
  return takenOff.includes(name.toLowerCase());
}

function putBack(headers: Headers, name: string, value: string | null): void {
  if (value === null) headers.delete(name);
  else headers.set(name, value);
}
