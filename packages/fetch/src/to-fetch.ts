import ky, { type KyInstance, type Options as KyOptions } from 'ky';
import { failure } from './failure.ts';

/** The platform's `fetch`, as SDKs take it. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** What is sent with, in the end. */
type Platform = NonNullable<KyOptions['fetch']>;

/** Looked up at each call: a global `fetch` that is replaced later is seen. */
const platformFetch: Platform = (input, init) => globalThis.fetch(input, init);

/**
 * Makes a `fetch` of a ky instance, or of a fragment of layers. It does what the platform's does, and the layers
 * besides: it resolves with every status, and rejects with what the platform rejects with.
 *
 * ky's own retry and its timeout of 10 s are off, unless the instance or the fragment sets them.
 *
 * @example
 * ```ts
 * import { retry } from '@kyhooks/retry';
 * import { toFetch } from '@kyhooks/fetch';
 *
 * const client = new SomeSdk({ fetch: toFetch(retry()) });
 * ```
 */
export function toFetch(source: KyInstance | KyOptions = {}): Fetch {
  const base = typeof source === 'function' ? source : ky.create(source);
  const own = optionsOf(base);
  const platform = own.fetch ?? platformFetch;
  const api = base.extend({
    throwHttpErrors: false,
    timeout: own.timeout ?? false,
    // A limit of 0 would hold for `retry()`, too.
    ...(own.retry === undefined && !hasRetryLayer(own) && { retry: 0 }),
  });
  return async function fetch(input, init) {
    let request: Request;
    const body = init?.body ?? undefined;
    const replayable = body !== undefined && !isStream(body);
    try {
      request = new Request(input, replayable ? { ...init, body: null } : init);
    } catch {
      // Refused in the platform's own words.
      return platform(input, init);
    }
    if (replayable && /^(?:get|head)$/i.test(request.method)) return platform(input, init);
    const signal = init?.signal === undefined ? signalOf(input) : init.signal;
    let response: Response | undefined;
    try {
      response = await api(request, {
        headers: request.headers,
        ...(signal && { signal }),
        ...(replayable && { body }),
        fetch: (sent, more) => platform(sent, { ...more, ...beyond(request, sent as Request, init, signal) }),
      });
    } catch (error) {
      throw failure(error);
    }
    if (!response) throw new TypeError('A beforeRetry hook stopped the call');
    return response;
  };
}

/** What ky's Request does not carry over: what a runtime adds, the referrer, the method's letters, and the abort once a middle Request is collected. */
function beyond(
  { method, referrer, referrerPolicy }: Request,
  sent: Request,
  init: RequestInit = {},
  signal?: AbortSignal | null,
): RequestInit {
  const { body: _, headers: __, method: ___, signal: ____, window: _____, ...rest } = init;
  return {
    ...rest,
    referrer,
    referrerPolicy,
    ...(method !== sent.method && method.toUpperCase() === sent.method && { method }),
    ...(signal && { signal: AbortSignal.any([signal, sent.signal]) }),
  };
}

function signalOf(input: unknown): AbortSignal | undefined {
  return input instanceof Request ? input.signal : undefined;
}

/** Whether `retry()` is in force; `retry(false)` behind it takes it away. */
function hasRetryLayer(options: object): boolean {
  const { 'kyhooks:retry': entries = [] } = options as Record<string, readonly { options: unknown }[]>;
  return !!entries.at(-1)?.options;
}

/** Whether a body flows once. */
function isStream(body: unknown): boolean {
  return (
    body instanceof ReadableStream ||
    (typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
  );
}

function optionsOf(api: KyInstance): KyOptions {
  let options: KyOptions = {};
  api.extend((merged) => (options = { ...merged }));
  return options;
}
