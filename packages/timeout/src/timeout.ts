import { type Failure, layer, type Outcome, verdict, type Verdict } from '@kyhooks/core';
import { parseRetryAfter } from '@kyhooks/core/server-timing';
import { isTimeoutError, type Options as KyOptions, type TimeoutError } from 'ky';
import { AttemptTimeoutError, TotalTimeoutError } from './errors.ts';
import { check, exceeds, resolve, type TimeoutOptions } from './options.ts';

const timeoutLayer = /* @__PURE__ */ layer<TimeoutOptions>({
  name: 'timeout',
  check,
  configure,
  places: [verdict({ identify, decide })],
  inForce: resolve,
  warnings: (options, ky) => {
    const { attempt, total } = resolve(options, ky);
    return exceeds(attempt, total)
      ? [`timeout: attempt (${attempt}) is above total (${total}) and never holds`]
      : [];
  },
});

/**
 * Bounds each attempt and the whole call, and says in the error which bound was met, where, and how to raise it.
 *
 * ky's clocks do the timing, with these bounds: the attempt's starts when the request is really sent, behind every
 * wait, and everything ky documents of `timeout` and `totalTimeout` holds. `timeout(false)` turns all bounds off, ky's
 * own too.
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
  return timeoutLayer(options === false ? { attempt: false, total: false } : options);
}

function configure(ky: KyOptions, options: TimeoutOptions): void {
  const { attempt, total } = resolve(options, ky);
  ky.timeout = attempt;
  ky.totalTimeout = total;
}

/** ky's timeout in our words: the bound that was met, and where the call stood. */
function identify({ error, call, ky }: Failure): Error | undefined {
  // By ky's mark: other libraries throw errors of this name too.
  if (!isTimeoutError(error) || !(error as Partial<TimeoutError>).isKyError || 'code' in error)
    return undefined;
  const { request } = error;
  // A timer may fire a fraction of a millisecond early.
  if (call.deadlineMs !== undefined && call.remainingMs < 1)
    return new TotalTimeoutError(request, call, call.deadlineMs);
  return new AttemptTimeoutError(request, call, Number(ky.timeout));
}

/** Without `retry()` ky would sleep through a pause that does not fit, and then lose the answer. */
function decide({ call, response, ky }: Outcome): Verdict | undefined {
  const { afterStatusCodes = [413, 429, 503], maxRetryAfter = Infinity } = ky;
  if (!response || !afterStatusCodes.includes(response.status)) return undefined;
  const pause = parseRetryAfter(response.headers.get('retry-after'));
  if (pause === undefined || Math.min(pause, maxRetryAfter) < call.remainingMs) return undefined;
  return { verdict: 'stop', reason: `the server's pause of ${pause} ms does not fit the remaining time` };
}
