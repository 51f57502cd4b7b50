import ky from 'ky';

/** As ky asks: also of a realm or a polyfill other than ours. */
export function isResponse(value: unknown): value is Response {
  return value instanceof Response || tagOf(value) === '[object Response]';
}

export function isRequest(value: unknown): value is Request {
  return value instanceof Request || tagOf(value) === '[object Request]';
}

/** Whether a hook returned `ky.retry()`. */
export function isRetryMarker(value: unknown): boolean {
  return value instanceof ky.retry().constructor;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}
