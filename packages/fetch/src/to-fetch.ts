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
  let own: KyOptions & {
    readonly 'kyhooks:retry'?: readonly { readonly options: unknown }[];
    readonly 'kyhooks:timeout'?: unknown;
  } = {};
  const api = base.extend((merged) => {
    own = { ...merged };
    return {
      throwHttpErrors: false,
      // A `timeout` of ky's would hold in place of the default of `timeout()`.
      ...(own.timeout === undefined && !own['kyhooks:timeout'] && { timeout: false }),
      // `retry()` may be taken away by `retry(false)`. A limit of 0 would hold for it, too.
      ...(own.retry === undefined && !own['kyhooks:retry']?.at(-1)?.options && { retry: 0 }),
    };
  });
  const platform = own.fetch ?? platformFetch;
  // The instance's own headers give way to those of the call.
  const overrides = !new Headers(own.headers as HeadersInit).keys().next().done;
  return async function fetch(input, init): Promise<Response> {
    // As in `fetch(url, request)`: the members of a Request are not its own, and a copy would have none of them.
    if (init instanceof Request) return fetch(new Request(input, init), undefined);
    const signal = init?.signal === undefined ? (input as Request | undefined)?.signal : init.signal;
    if (signal?.aborted) return platform(input, init);
    const body = init?.body ?? undefined;
    const flows = isStream(Object(body));
    const replayable = body !== undefined && !flows;
    let request: Request;
    try {
      // A replayable body and a signal go to ky by themselves: a Request keeps a listener on its signal until it is collected.
      request = new Request(input, {
        ...init,
        ...(replayable && { body: null }),
        ...(signal instanceof AbortSignal && { signal: null }),
      });
    } catch {
      // Refused in the platform's own words.
      return platform(input, init);
    }
    const { method, headers, referrer, referrerPolicy, url } = request;
    if (replayable && /^(?:get|head)$/i.test(method)) return platform(input, init);
    let response: Response | undefined;
    try {
      // A Request made of a Request is what costs most.
      response = await api(!flows && isSimple(input, init) ? new URL(url) : request, {
        method,
        // ky drops the type that a form was given, unless it is an option of the call.
        ...((overrides || body instanceof FormData || body instanceof URLSearchParams) && { headers }),
        ...(signal && { signal }),
        ...(replayable && { body }),
        // ky's Request does not carry over what a runtime adds, the referrer, the method's letters, nor the abort once a
        // middle Request is collected.
        fetch: (sent, more) =>
          platform(sent, {
            ...more,
            ...init,
            referrer,
            referrerPolicy,
            ...unset,
            ...(method.toUpperCase() === (sent as Request).method && { method }),
            ...(signal && { signal: AbortSignal.any([signal, (sent as Request).signal]) }),
          }),
      });
    } catch (error) {
      // What the caller aborts with may be an error of ky's.
      throw signal?.aborted && error === signal.reason ? error : failure(error);
    }
    if (!response) throw new TypeError('A beforeRetry hook stopped the call');
    return response;
  };
}

/** What the Request sent says itself. */
const unset = Object.fromEntries(
  ['body', 'headers', 'method', 'signal', 'window'].map((name) => [name, undefined]),
);

/** Whether the URL and these members say all there is to say. Not the headers: ky would sort them. */
function isSimple(input: unknown, init: object = {}): boolean {
  return (
    !(input instanceof Request) && Object.keys(init).every((name) => /^(method|body|signal)$/.test(name))
  );
}

/** Whether a body flows once. */
function isStream(body: object): boolean {
  return body instanceof ReadableStream || Symbol.asyncIterator in body;
}
