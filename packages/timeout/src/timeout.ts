import {
  type Failure,
  gate,
  layer,
  maxTimerDelay,
  once,
  type Outcome,
  verdict,
  type Verdict,
  wire,
} from '@kyhooks/core';
import { redactUrl } from '@kyhooks/core/redact';
import { parseRetryAfter } from '@kyhooks/core/server-timing';
import { isTimeoutError, type Options as KyOptions, type TimeoutError } from 'ky';
import { boundBody } from './bound-body.ts';
import { AttemptTimeoutError, DeadlineError, timerSlackMs, TotalTimeoutError } from './errors.ts';
import {
  bodyBounds,
  check,
  exceeds,
  merge,
  resolve,
  timeoutDefaults,
  type TimeoutOptions,
} from './options.ts';
import { propagate } from './propagate.ts';

const boundsOf = /* @__PURE__ */ once(bodyBounds);

const timeoutLayer = /* @__PURE__ */ layer<TimeoutOptions>({
  name: 'timeout',
  check,
  merge,
  configure,
  places: [
    gate({
      stage: 'sign',
      when: (_, options) => Boolean(options.propagate),
      run: propagate,
    }),
    wire({
      stage: 'time',
      when: (options) => {
        const { idle, total } = boundsOf(options);
        return Boolean(idle || total || options.deadline);
      },
      answered: (response, send, options) => boundBody(response, send, boundsOf(options), options.deadline),
    }),
    verdict({ identify, decide }),
  ],
  inForce: resolve,
  warnings: (options, ky) => {
    const { attempt, total } = resolve(options, ky);
    return exceeds(attempt, total)
      ? [`timeout: attempt (${attempt}) is above total (${total}) and never holds`]
      : [];
  },
});

/**
 * Bounds each phase of a call and a whole workflow of calls, and says in the error which bound was met, where, and how
 * to raise it.
 *
 * ky's clocks time attempt, total and deadline: the attempt's starts when the request is really sent, behind every wait,
 * and everything ky documents of `timeout` and `totalTimeout` holds. Bodies are bounded while they are read, whoever
 * reads them. `timeout(false)` turns all bounds off, ky's own too.
 *
 * @throws OptionsError naming every option that is not valid
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { timeout } from '@kyhooks/timeout';
 *
 * const api = ky.create({ baseUrl: 'https://api.example.com/' }).extend(timeout({ attempt: 8_000, total: 30_000 }));
 * ```
 */
export function timeout(options: TimeoutOptions | false = {}): KyOptions {
  return timeoutLayer(
    options === false
      ? { attempt: false, total: false, body: false, deadline: false, propagate: false }
      : options,
  );
}

function configure(ky: KyOptions, options: TimeoutOptions): void {
  const {
    attempt = ky.timeout ?? timeoutDefaults.attempt,
    total = ky.totalTimeout ?? timeoutDefaults.total,
    deadline,
  } = options;
  ky.timeout = attempt;
  ky.totalTimeout = deadline ? Math.max(0, Math.min(total || maxTimerDelay, deadline.remainingMs)) : total;
}

/** ky's timeout in our words: the bound that was met, and where the call stood. */
function identify({ error, call, ky }: Failure, { deadline }: TimeoutOptions): Error | undefined {
  // By ky's mark: other libraries throw errors of this name too.
  if (!isTimeoutError(error) || !(error as Partial<TimeoutError>).isKyError || 'code' in error)
    return undefined;
  const { request } = error;
  const { phase, remainingMs } = call;
  if (remainingMs >= timerSlackMs) {
    // A hook, or `fetch`, may have called something else that took too long.
    if (call.url && call.url !== redactUrl(request.url)) return undefined;
    // Before sending there is no attempt.
    if (phase === 'headers' || phase === 'body')
      return new AttemptTimeoutError(request, call, Number(ky.timeout));
  }
  // The call ends with the sooner of the two; they were read a moment apart.
  return deadline && deadline.remainingMs < call.remainingMs + timerSlackMs
    ? new DeadlineError(request, call, deadline)
    : new TotalTimeoutError(request, call, call.deadlineMs!);
}

/** Where ky looks for a pause: of these fields the first that is there counts. */
const pauseFields = [
  'retry-after',
  'ratelimit-reset',
  'x-ratelimit-retry-after',
  'x-ratelimit-reset',
  'x-rate-limit-reset',
];

/** 2024-01-01: a number of seconds from here up is a date to ky. */
const firstEpochMs = 1_704_067_200_000;

/** Without `retry()` ky would sleep through a pause that does not fit, and then lose the answer. */
function decide({ call, response, ky }: Outcome): Verdict | undefined {
  const { afterStatusCodes = [413, 429, 503], maxRetryAfter = Infinity } = ky;
  if (!response || !afterStatusCodes.includes(response.status)) return undefined;
  const field = pauseFields.find((name) => response.headers.has(name)) ?? pauseFields[0]!;
  let pause = parseRetryAfter(response.headers.get(field));
  if (pause === undefined) return undefined;
  if (pause >= firstEpochMs && field.endsWith('reset')) pause -= Date.now();
  if (Math.min(pause, maxRetryAfter) < call.remainingMs) return undefined;
  return { verdict: 'stop', reason: `the server's pause of ${pause} ms does not fit the remaining time` };
}
