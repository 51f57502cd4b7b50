import {
  callback,
  type Check,
  duration,
  either,
  type Fault,
  oneOf,
  refine,
  rules,
  shape,
  headerName,
} from '@kyhooks/core';
import { type Origins, origins } from '@kyhooks/core/origins';
import type { Options as KyOptions } from 'ky';
import type { Deadline } from './deadline.ts';

/** Options of `timeout()`. What is not given is taken from ky's own `timeout` and `totalTimeout`, then from {@link timeoutDefaults}. */
export interface TimeoutOptions {
  /**
   * Longest time from the moment a request is really sent to its headers, in milliseconds; `false` for no bound. Time
   * in queues and between attempts does not count. A ky shortcut's read of the body (`.json()`, `.text()`, …) gets the
   * same time again.
   *
   * Source: ky's default.
   *
   * @default 10_000
   */
  readonly attempt?: number | false;
  /**
   * Longest time of the whole call, in milliseconds; `false` for no bound. Queues, attempts and the waits between them
   * count, to the headers of the last response, or to the end of a ky shortcut's read.
   *
   * Source: the total timeout of .NET's standard resilience handler.
   *
   * @default 30_000
   */
  readonly total?: number | false;
  /**
   * Bounds on the reading of any body, also one that was handed over; `false` for none.
   *
   * @default { idle: 30_000, total: false }
   */
  readonly body?: Partial<BodyBounds> | false;
  /**
   * When the workflow that this call is part of must be over: made by `deadlineIn()` or `deadlineAt()`, shared by all
   * its calls, bodies included. Of several the earliest holds; `false` lifts it.
   *
   * @default false
   */
  readonly deadline?: Deadline | false;
  /**
   * Tells the server, in a header, what remains of the call's time; `false` tells nothing.
   *
   * @default false
   */
  readonly propagate?: PropagateOptions | false;
}

/** Bounds on the reading of a body. Time that the reader takes for itself counts towards `total` only. */
export interface BodyBounds {
  /**
   * Longest wait for the next bytes, in milliseconds; `false` for no bound.
   *
   * Source: what ecosystems with such a bound use is between 30 s and 5 min (undici's `bodyTimeout`).
   */
  readonly idle: number | false;
  /** Longest time from the headers to the end of the body, in milliseconds; `false` for no bound. */
  readonly total: number | false;
}

/** What is told to the server. */
export interface PropagateOptions {
  /** Name of the header. */
  readonly header: string;
  /** Where it may be sent; by default to the instance's own `baseUrl`, and anywhere without one. */
  readonly origins?: Origins;
  /** Makes the header's value of the milliseconds that remain; by default their number, rounded down. */
  readonly format?: (remainingMs: number) => string;
}

/** The defaults of {@link TimeoutOptions}. */
export const timeoutDefaults: {
  readonly attempt: number;
  readonly total: number;
  readonly body: BodyBounds;
  readonly deadline: false;
  readonly propagate: false;
} = {
  attempt: 10_000,
  total: 30_000,
  body: { idle: 30_000, total: false },
  deadline: false,
  propagate: false,
};

const off = /* @__PURE__ */ oneOf(false);
const bound = /* @__PURE__ */ either(duration(1), off);

export const check: Check<TimeoutOptions> = /* @__PURE__ */ rules<TimeoutOptions>(
  {
    attempt: bound,
    total: bound,
    body: either(shape({ idle: bound, total: bound }), off),
    deadline: either(
      {
        text: 'a deadline made by deadlineIn() or deadlineAt()',
        // By what it has, for another copy of this package may have made it.
        test: (value) => typeof (value as Partial<Deadline> | null)?.remainingMs === 'number',
      },
      off,
    ),
    propagate: either(shape({ header: headerName, origins, format: callback }), off),
  },
  ({ attempt, total, body, propagate }): readonly Fault[] => [
    ...contradiction('attempt', attempt, 'total', total),
    ...(body ? contradiction('body.idle', body.idle, 'body.total', body.total) : []),
    ...(propagate && propagate.header === undefined
      ? [{ option: 'propagate.header', rule: 'must be given', value: 'undefined' }]
      : []),
  ],
);

type Bound = number | false | undefined;

function contradiction(option: string, one: Bound, other: string, most: Bound): readonly Fault[] {
  return exceeds(one, most)
    ? [{ option, rule: `must not exceed ${other} (${most})`, value: String(one) }]
    : [];
}

/** Whether one bound lets the other never hold. */
export function exceeds(one: Bound, most: Bound): boolean {
  return typeof one === 'number' && typeof most === 'number' && one > most;
}

/** Later bounds refine earlier ones; a later deadline cannot extend an earlier one. */
export function merge(earlier: TimeoutOptions, later: TimeoutOptions): TimeoutOptions {
  const { body, deadline } = later;
  return {
    ...refine(earlier, later),
    ...(earlier.body && body && { body: refine(earlier.body, body) }),
    ...(earlier.deadline &&
      deadline &&
      earlier.deadline.remainingMs < deadline.remainingMs && { deadline: earlier.deadline }),
  };
}

/** The options in force for one call: ours, else ky's own, else the defaults. */
export function resolve(options: TimeoutOptions, ky: KyOptions): Required<TimeoutOptions> {
  const { attempt, total } = timeoutDefaults;
  return {
    ...timeoutDefaults,
    ...refine({ attempt: ky.timeout ?? attempt, total: ky.totalTimeout ?? total }, options),
    body: bodyBounds(options),
  };
}

/** The bounds in force for bodies. */
export function bodyBounds({ body = {} }: TimeoutOptions): BodyBounds {
  return body ? refine(timeoutDefaults.body, body as BodyBounds) : { idle: false, total: false };
}
