import type { Options as KyOptions } from 'ky';
import { parseLinks } from './link-header.ts';

/** A page that was read. */
export interface Page<Data = unknown> {
  /** From 1. */
  readonly number: number;
  /** Its body, as the schema gives it where there is one. */
  readonly data: Data;
  /** Items on it. */
  readonly length: number;
  readonly response: Response;
}

/**
 * Where the page behind this one is: a URL, or the parameters that ask for it, which join those of the first request and
 * take the place of those of the same name.
 * `undefined` when there is none.
 */
export type NextPage<Data = unknown> = (
  page: Page<Data>,
) => URL | Exclude<KyOptions['searchParams'], undefined> | undefined;

/** The next page is named by the `Link` header (RFC 8288): the target with the relation `next`. */
export function link(): NextPage {
  return ({ response }) => {
    const next = parseLinks(response.headers.get('link')).find(({ relations }) => relations.includes('next'));
    // A response made by hand has no URL to which a target could be relative.
    return next && new URL(next.target, response.url || undefined);
  };
}

/**
 * The next page is asked for by a cursor from the body.
 *
 * @param from finds the cursor; empty, `null` or `undefined` at the end
 * @param parameter the query parameter that takes it, by default `cursor`
 */
export function cursor<Data>(
  from: (data: Data) => string | number | null | undefined,
  parameter = 'cursor',
): NextPage<Data> {
  return ({ data }) => {
    const next = from(data);
    return next === undefined || next === null || next === '' ? undefined : { [parameter]: next };
  };
}

/**
 * Pages are numbered from 1. The end is a page without items, or with fewer than `size`.
 *
 * @param parameter the query parameter that takes the number, by default `page`
 * @param size items on a full page; without it the last request asks for a page that is empty
 */
export function pageNumber(parameter = 'page', size = 1): NextPage {
  return ({ number, length }) => (length < size ? undefined : { [parameter]: number + 1 });
}
