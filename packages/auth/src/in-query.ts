import type { Sign } from './options.ts';

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
 * Puts the token into a query parameter: `auth({ token, sign: inQuery('api_key') })`.
 *
 * A body is read for that, a stream's too: handed on as it is it would become a stream, without a length, which browsers
 * send over HTTP/2 only.
 *
 * @param parameter its name
 */
export function inQuery(parameter: string): Sign {
  return async (request, token) => {
    if (token === undefined) return undefined;
    const url = new URL(request.url);
    url.searchParams.set(parameter, token);
    const init: RequestInit = Object.fromEntries(carried.map((name) => [name, request[name]]));
    // Firefox does not tell whether there is one: a Request has no `body` there.
    const content = await request.arrayBuffer();
    if (content.byteLength) init.body = content;
    return new Request(url, init);
  };
}
