import ky from 'ky';

/** By its tag, as ky asks too: also of another realm's, or a polyfill's. */
export function isResponse(value: unknown): value is Response {
  return hasTag(value, 'Response');
}

export function isRequest(value: unknown): value is Request {
  return hasTag(value, 'Request');
}

/** Whether a hook returned `ky.retry()`. */
export function isRetryMarker(value: unknown): boolean {
  return value instanceof ky.retry().constructor;
}

function hasTag(value: unknown, tag: string): boolean {
  return Object.prototype.toString.call(value) === `[object ${tag}]`;
}
