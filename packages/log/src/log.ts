import {
  type Call,
  gate,
  layer,
  type LayerFactory,
  type Next,
  type Pass,
  type Send,
  settled,
  wire,
} from '@kyhooks/core';
import { errorCode } from '@kyhooks/core/classify';
import type { Options as KyOptions } from 'ky';
import { type AttemptEnd, attemptEvent, callEvent, endOf, type LogEvent, type Seen } from './event.ts';
import { type Level, write } from './logger.ts';
import { check, logDefaults, type LogOptions, requestIdHeader } from './options.ts';

/**
 * Logs one structured event for each call when it is over: what was asked, what came, how long each phase took, and why
 * it was sent again or refused.
 *
 * What a logger or one of the functions throws breaks nothing; the record says so. `log(false)` removes the layer.
 *
 * @throws OptionsError naming every option that is not valid
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { log } from '@kyhooks/log';
 *
 * const api = ky.create({ baseUrl: 'https://api.example.com/' }).extend(log({ slow: 2_000, sample: 0.1 }));
 * ```
 */
export const log: LayerFactory<LogOptions> = /* @__PURE__ */ layer<LogOptions>({
  name: 'log',
  check,
  places: [
    gate({ stage: 'prepare', when: (ky, { requestId }) => Boolean(requestId) || hasBody(ky), run: prepare }),
    wire({ stage: 'observe', run: watch }),
    settled((call, options) => {
      const state = stateOf(call, options);
      const end = endOf(call, options.slow ?? Infinity);
      if (state.sampled || !end.ok || end.slow) emit(call as Call, callEvent(call, state, end), options);
      // Who keeps the record must not keep the body.
      delete state.body;
    }),
  ],
  inForce: (options) => ({ ...logDefaults, ...options }),
});

interface State extends Seen {
  /** Whether the call was drawn. */
  readonly sampled: boolean;
}

const states = new WeakMap<object, State>();

function stateOf(call: object, { sample = logDefaults.sample }: LogOptions): State {
  let state = states.get(call);
  if (!state) states.set(call, (state = { sampled: Math.random() < sample }));
  return state;
}

function hasBody({ body, json }: KyOptions): boolean {
  return json !== undefined || (body !== undefined && body !== null);
}

function prepare({ call, request, ky }: Pass, options: LogOptions): void {
  stateOf(call, options).body = (ky as KyOptions).body;
  if (!options.requestId) return;
  const header = requestIdHeader(options);
  let id = request.headers.get(header);
  if (!id) {
    id = safely(call, 'createRequestId', () => options.createRequestId?.(call)) ?? call.id;
    request.headers.set(header, id);
  }
  call.requestId = id;
}

/** Sees what only the response tells, and logs the attempt where that is asked for. */
async function watch({ call, attempt }: Send, next: Next, options: LogOptions): Promise<Response> {
  const state = stateOf(call, options);
  const startMs = call.elapsedMs;
  const ended = (end: AttemptEnd): void => {
    if (!options.attempts) return;
    const event = attemptEvent(call, attempt, call.elapsedMs - startMs, state, end);
    if (state.sampled || !event['kyhooks.ok']) emit(call, event, options);
  };
  let response: Response;
  try {
    response = await next();
  } catch (error) {
    state.size = undefined;
    // A caller who aborts is no failure.
    ended({ error: call.signal?.aborted && error === call.signal.reason ? undefined : errorCode(error) });
    throw error;
  }
  const { headers, status } = response;
  state.size = Number(headers.get('content-length') ?? undefined) || undefined;
  call.requestId = headers.get(requestIdHeader(options)) ?? call.requestId;
  ended({ status });
  return response;
}

function emit(call: Call, event: LogEvent, options: LogOptions): void {
  const { logger = console, level = levelOf, fields } = options;
  const more = safely(call, 'fields', () => (typeof fields === 'function' ? fields(call) : fields));
  const all: LogEvent = { ...event, ...more };
  safely(call, 'the logger', () =>
    write(logger, typeof level === 'function' ? level(event) : level, messageOf(event), all),
  );
}

function levelOf(event: LogEvent): Level {
  const { 'http.response.status_code': status = 0, 'error.type': failed, 'kyhooks.slow': slow } = event;
  if (failed !== undefined) return status >= 400 && status < 500 ? 'warn' : 'error';
  return slow ? 'warn' : 'info';
}

function messageOf(event: LogEvent): string {
  const { 'http.request.method': method, 'url.template': route, 'url.full': url } = event;
  const path = route ?? /^[^:]+:\/\/[^/]*([^?#]*)/.exec(url ?? '')?.[1] ?? '';
  const end = event['error.type'] ?? event['http.response.status_code'] ?? 'aborted';
  return `${method} ${path} ${end} in ${event['kyhooks.durationMs']} ms`;
}

/** What is only told must not break what it tells of. A promise that rejects is not waited for, either. */
function safely<Value>(call: Call, what: string, act: () => Value): Value | undefined {
  const note = (thrown: unknown): undefined => {
    call.decide('log', 'threw', `${what} threw ${errorCode(thrown)}`);
  };
  try {
    const value = act();
    if (value instanceof Promise) void value.catch(note);
    return value;
  } catch (thrown) {
    return note(thrown);
  }
}
