import type { Attributes } from '@opentelemetry/api';
import { methodOf } from './method.ts';

/** What every span and every metric of a request shows. */
export function requestAttributes(method: string, url: string): Attributes {
  const { hostname, port, protocol } = new URL(url);
  return {
    'http.request.method': methodOf(method),
    // A URL puts brackets around an IPv6 address, which are not part of it.
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
  };
}
