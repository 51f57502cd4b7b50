import type { Call, Next, Send } from '@kyhooks/core';
import type { Options as KyOptions } from 'ky';
import { MalformedBodyError } from './errors.ts';
import { names } from './why-safe.ts';

interface Expectation {
  readonly methods: readonly string[];
  readonly parse: NonNullable<KyOptions['parseJson']>;
}

const expectations = /* @__PURE__ */ new WeakMap<Call, Expectation>();

/**
 * Has answers to this call read as JSON.
 *
 * @param parse ky's `parseJson`: what it reads is not malformed
 */
export function expectJson(
  call: Call,
  methods: readonly string[],
  parse: KyOptions['parseJson'] = (text) => JSON.parse(text),
): void {
  expectations.set(call, { methods, parse });
}

/**
 * Reads an answer that should be JSON, and hands on one with the body in hand: read once, nothing is cloned.
 *
 * @throws MalformedBodyError when it does not parse; what `fetch` throws when it breaks
 */
export async function wholeJson({ call, attempt, request }: Send, next: Next): Promise<Response> {
  const response = await next();
  const { methods, parse } = expectations.get(call)!;
  const mayRetry = !call.sendOnce && (call.replaySafe || names(methods, request.method));
  const isJson = response.ok && response.body && onlyJson.test(request.headers.get('accept') ?? '');
  if (!mayRetry || !isJson) return response;

  // The attempt goes on, but its headers are here: what ends it now, ends it in the body.
  attempt.status = response.status;
  attempt.headersMs = call.elapsedMs - attempt.startMs - attempt.gateMs;
  const bytes = await response.arrayBuffer();
  const whole = withBody(response, bytes);
  const text = new TextDecoder().decode(bytes);
  try {
    // An empty body is for the caller to judge: a schema may well allow it.
    if (text) await parse(text, { request, response: whole });
  } catch (cause) {
    throw new MalformedBodyError(request, whole, cause);
  }
  return whole;
}

/** One media type, and that JSON: who accepts other types as well may get them. */
const onlyJson = /^application\/(?:[\w.+-]+\+)?json\s*(?:;[^,]*)?$/i;

/** The response with its body at hand. A Response made by hand has no URL; this one and its clones have. */
function withBody(response: Response, bytes: ArrayBuffer): Response {
  const whole = new Response(bytes, response);
  const clone = (): Response => {
    if (whole.bodyUsed) throw new TypeError('Response.clone: the body has been read');
    return withBody(response, bytes);
  };
  const { url, redirected, type } = response;
  const truth = Object.create(Object.getPrototypeOf(whole) as Response) as object;
  for (const [name, value] of Object.entries({ url, redirected, type, clone }))
    Object.defineProperty(truth, name, { value, configurable: true });
  // Not on the response itself, where they would hide the members of who listens to its body.
  return Object.setPrototypeOf(whole, truth) as Response;
}
