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
  const { headers } = request;
  const header = requestIdHeader(options);
  const send = (id: string): string => {
    headers.set(header, id);
    return id;
  };
  call.requestId =
    headers.get(header) ||
    safely(call, 'createRequestId', () => send(options.createRequestId?.(call) || call.id)) ||
    send(call.id);
}

/** Sees what only the response tells, and logs the attempt where that is asked for. */
async function watch({ call, attempt, request }: Send, next: Next, options: LogOptions): Promise<Response> {
  const state = stateOf(call, options);
  const startMs = call.elapsedMs;
  state.size = undefined;
  if (options.attempts) {
    // Whatever the way: ky may give an attempt up while `fetch` takes no notice.
    attempt.defer(() => {
      const end: AttemptEnd = attempt.status === undefined && isAborted(call, request) ? {} : attempt;
      const event = attemptEvent(call, attempt, call.elapsedMs - startMs, state, end);
      if (state.sampled || !event['kyhooks.ok']) emit(call, event, options);
    });
  }
  const response = await next();
  // What comes too late is nobody's answer.
  if (attempt.over) return response;
  const { headers } = response;
  state.size = Number(/^\d+$/.exec(headers.get('content-length') ?? '')) || undefined;
  call.requestId = headers.get(requestIdHeader(options)) || call.requestId;
  return response;
}

/** Whether the caller has aborted. ky's clocks abort without a reason, and from a signal inside a Request so may the caller. */
function isAborted({ signal }: Call, { signal: own }: Request): boolean {
  return signal?.aborted || (own.aborted && (own.reason as Error | undefined)?.name !== 'AbortError');
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
  const asked = url ? `${method} ${route ?? new URL(url).pathname} ` : '';
  const end =
    event['error.type'] ?? event['http.response.status_code'] ?? (event['kyhooks.ok'] ? 'ok' : 'aborted');
  return `${asked}${end} in ${event['kyhooks.durationMs']} ms`;
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
