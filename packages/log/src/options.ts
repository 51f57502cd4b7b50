import {
  callback,
  type CallRecord,
  type Check,
  duration,
  either,
  headerName,
  oneOf,
  type Rule,
  rules,
} from '@kyhooks/core';
import type { LogEvent } from './event.ts';
import type { Level, Logger } from './logger.ts';

/** Options of `log()`. */
export interface LogOptions {
  /**
   * Where events go: pino, winston, a console, a logger with pino's `(fields, message)`, or a function.
   *
   * @default console, a line of JSON for each event (ndjson)
   */
  readonly logger?: Logger;
  /**
   * The level of an event, or of all.
   *
   * @default `error` without an answer and from status 500 up, `warn` from 400 up and for slow calls, else `info`
   */
  readonly level?: Level | ((event: LogEvent) => Level);
  /** Fields to add, or a function of the record that gives them. `undefined` takes a field away. */
  readonly fields?:
    | Readonly<Record<string, unknown>>
    | ((call: CallRecord) => Readonly<Record<string, unknown>>);
  /** A call that takes so long is slow, in milliseconds: it is always logged, as a warning, and marked. */
  readonly slow?: number;
  /**
   * Share of the calls that are logged, from 0 to 1. What failed or was slow is logged always.
   *
   * @default 1
   */
  readonly sample?: number;
  /**
   * Logs each attempt, too, when its headers are here or it has failed.
   *
   * @default false
   */
  readonly attempts?: boolean;
  /**
   * Sends a request id in this header, `true` in `x-request-id`; the same in all attempts, and never in place of one that
   * the request has. In browsers it makes a request to another origin ask first (preflight).
   *
   * @default false
   */
  readonly requestId?: boolean | string;
  /** The request id to send, such as the one of the request that is being served; by default the call's id. */
  readonly createRequestId?: (call: CallRecord) => string | undefined;
}

/** The defaults of {@link LogOptions}. */
export const logDefaults: Required<Pick<LogOptions, 'sample' | 'attempts' | 'requestId'>> = {
  sample: 1,
  attempts: false,
  requestId: false,
};

const levels = ['debug', 'info', 'warn', 'error'] as const;
const anyObject: Rule = { text: 'an object', test: (value) => typeof value === 'object' && value !== null };
const logger: Rule = {
  text: 'a function or a logger with the methods debug, info, warn and error',
  test: (value) =>
    typeof value === 'function' ||
    (anyObject.test(value) &&
      levels.every((level) => typeof (value as Record<string, unknown>)[level] === 'function')),
};

export const check: Check<LogOptions> = /* @__PURE__ */ rules<LogOptions>({
  logger,
  level: /* @__PURE__ */ either(/* @__PURE__ */ oneOf(...levels), callback),
  fields: /* @__PURE__ */ either(callback, anyObject),
  slow: /* @__PURE__ */ duration(),
  sample: {
    text: 'a number from 0 to 1',
    test: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
  attempts: /* @__PURE__ */ oneOf(true, false),
  requestId: /* @__PURE__ */ either(/* @__PURE__ */ oneOf(true, false), headerName),
  createRequestId: callback,
});

/** The name of the header that carries the request id. */
export function requestIdHeader({ requestId }: LogOptions): string {
  return typeof requestId === 'string' ? requestId : 'x-request-id';
}
