import type { Options as KyOptions } from 'ky';

/** Whether a body flows once: a stream, or an async iterable as some runtimes take it. */
export function isStream(body: unknown): boolean {
  return (
    typeof body === 'object' &&
    body !== null &&
    (body instanceof ReadableStream || Symbol.asyncIterator in body)
  );
}

/** Whether a stream may come inside a Request: ky's options name no body, and the method can have one. */
export function mayHideStream({ body, json, method = '' }: KyOptions): boolean {
  return body === undefined && json === undefined && !/^(?:get|head)$/i.test(method);
}
