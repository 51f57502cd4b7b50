import type { Options as KyOptions } from 'ky';

/**
 * The path of a URL below the `baseUrl` and `prefix` of ky's options, with a leading slash and without query;
 * `undefined` when the URL lies elsewhere. Without either every URL counts, with its whole path.
 *
 * The base of `https://api.test/v1/` is `/v1/`, that of `https://api.test/v1` is `/`: as ky resolves relative input.
 */
export function pathBelow(url: string, options: Pick<KyOptions, 'baseUrl' | 'prefix'>): string | undefined {
  const base = baseOf(options);
  if (!url.startsWith(base ?? 'http')) return undefined;
  const from = base === undefined ? url.indexOf('/', url.indexOf('//') + 2) : base.length - 1;
  const end = url.slice(from).search(/[?#]/);
  return end === -1 ? url.slice(from) : url.slice(from, from + end);
}

/** Of the last options asked about: an instance's are the same for all of its calls. */
let last: { readonly baseUrl: unknown; readonly prefix: unknown; readonly base: string | undefined } = {
  baseUrl: undefined,
  prefix: undefined,
  base: undefined,
};

/** Where relative input lands, up to the last slash. */
function baseOf({ baseUrl, prefix }: Pick<KyOptions, 'baseUrl' | 'prefix'>): string | undefined {
  if (last.baseUrl === baseUrl && last.prefix === prefix && typeof baseUrl !== 'object') return last.base;
  let base: string | undefined;
  const folder = prefix ? `${String(prefix).replace(/\/+$/, '')}/` : '.';
  // By a Request, as ky does: in a browser relative ones start at the page.
  if (baseUrl) base = new URL(folder, new Request(baseUrl).url).href;
  else if (prefix) base = new Request(folder).url;
  last = { baseUrl, prefix, base };
  return base;
}
