import { type Rule } from './check.ts';

/**
 * Where something may be sent: a list of origins such as `https://api.example.com`, or a function that is asked about
 * each URL. What is sent elsewhere could be read by whoever runs that server.
 */
export type Origins = readonly string[] | ((url: URL) => boolean);

/** An option of the type {@link Origins}: each member a bare `http:` or `https:` origin, without path. */
export const origins: Rule = {
  text: 'a function or an array of origins such as "https://api.example.com"',
  test: (value) =>
    typeof value === 'function' ||
    (Array.isArray(value) && value.every((one) => typeof one === 'string' && originOf(one) !== undefined)),
};

/**
 * Whether something may be sent to this URL.
 *
 * @param allowed what the user allows; a function that throws allows nothing
 * @param base without `allowed`: the instance's `baseUrl`, whose origin alone is allowed; without it every origin is
 */
export function allows(allowed: Origins | undefined, url: string, base?: URL | string): boolean {
  try {
    const target = new URL(url);
    if (typeof allowed === 'function') return allowed(target);
    if (allowed) return allowed.some((one) => originOf(one) === target.origin);
    return base === undefined || new URL(base, pageUrl()).origin === target.origin;
  } catch {
    return false;
  }
}

/** The origin that a string names; `undefined` where it names more, or none. */
function originOf(text: string): string | undefined {
  try {
    const { protocol, pathname, search, hash, username, password, origin } = new URL(text);
    const bare = pathname === '/' && !search && !hash && !username && !password;
    return bare && (protocol === 'http:' || protocol === 'https:') ? origin : undefined;
  } catch {
    return undefined;
  }
}

/** What relative URLs are relative to, where there is a page. */
function pageUrl(): string | undefined {
  return (globalThis as { readonly location?: { readonly href?: string } }).location?.href;
}
