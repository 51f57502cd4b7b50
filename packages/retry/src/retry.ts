import {
  layer,
  gate,
  verdict,
  wire,
  type Call,
  type LayerFactory,
  type Outcome,
  type Verdict,
} from '@kyhooks/core';
import { budgetOf } from '@kyhooks/core/budget';
import { readServerTiming } from '@kyhooks/core/server-timing';
import { isStream, mayHideStream } from '@kyhooks/core/streams';
import type { HTTPError, Options as KyOptions, RetryOptions as KyRetryOptions } from 'ky';
import { guarded } from './callback.ts';

import { expectJson, wholeJson } from './malformed-body.ts';
import { check, limitOf, resolve, type RetryOptions } from './options.ts';
import { waitBefore } from './wait-before.ts';
import { judge } from './why-retryable.ts';
import { whySafe } from './why-safe.ts';

/**
 * Sends again what failed for a passing reason, after a wait that grows and spreads, or the pause the server asks for.
 *
 * It steers ky's own loop, so hooks, `ky.retry()` and `retryCount` go on working, and judges the outcome, so
 * `throwHttpErrors: false` changes nothing. It never resends what must not be sent twice, nor what its caller aborted,
 * and does not start a wait that does not fit the time that remains. `retry(false)` removes it; ky's own retry then
 * holds.
 *
 * @throws OptionsError naming every option that is not valid
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { retry } from '@kyhooks/retry';
 *
 * const api = ky.create({ baseUrl: 'https://api.example.com/' }).extend(retry({ limit: 5 }));
 * ```
 */
export const retry: LayerFactory<RetryOptions> = /* @__PURE__ */ layer<RetryOptions>({
  name: 'retry',
  check,
  configure,
  places: [
    gate({
      stage: 'prepare',
      // A stream among ky's options is known before; one inside a Request shows here.
      when: mayHideStream,
      run: ({ call, request }) => {
        if (request.body) call.sendOnce = 'the body of its Request may be a stream';
      },
    }),
    wire({
      stage: 'time',
      when: ({ budget }) => budget !== false,
      sends: ({ call, request }) => void budgetOf(call, request), // counts the call
    }),
    wire({ stage: 'time', when: ({ malformedBody }) => malformedBody === true, run: wholeJson }),
    verdict({ decide }),
  ],
  inForce: (options, ky) => {
    const { onTimeout: _, heeds: __, ...resolved } = resolve(options, kyRetry(ky));
    return resolved;
  },
});

function kyRetry({ retry: own = {} }: KyOptions): KyRetryOptions {
  return typeof own === 'number' ? { limit: own } : own;
}

function configure(ky: KyOptions, options: RetryOptions, call: Call): void {
  const own = kyRetry(ky);
  // Such as `retry: false`: ky refuses it, and is to see it.
  if (Object(own) !== own) return;
  call.resends = true;
  if (isStream(ky.body)) call.sendOnce = 'its body is a stream';
  if (options.malformedBody) expectJson(call, resolve(options, own).methods, ky.parseJson);
  ky.retry = { ...own, limit: call.sendOnce ? 0 : limitOf(options, own.limit) };
  // ky must ask about these, also where one comes inside a Request.
  if (options.methods) ky.retry.methods = [...options.methods];
}

async function decide(outcome: Outcome, options: RetryOptions): Promise<Verdict> {
  const { call, request, error, response, retryCount } = outcome;
  const resolved = resolve(options, outcome.ky);
  const { maxRetryAfter, shouldRetry, onRetry, budget } = resolved;
  const timing = response ? readServerTiming(response, { data: (error as HTTPError).data }) : { quotas: [] };
  const state = { call, error, response, retryCount: retryCount + 1 };

  const safe = whySafe(outcome, resolved.methods);
  const asked =
    safe === undefined || !shouldRetry
      ? undefined
      : await guarded(call, 'shouldRetry', () => shouldRetry(state));
  const [retryable, finding] = judge(outcome, resolved, timing);
  if (asked === false) return stop('shouldRetry forbids it');
  const why = asked ? 'shouldRetry says so' : finding;
  if (!asked && !retryable) return stop(why);
  if (call.sendOnce) return stop(`${why}, but ${call.sendOnce}`);
  if (safe === undefined) return stop(`${why}, but ${request.method} is not safe to send twice`);

  const pause = response && resolved.heeds(response.status) ? timing.pauseMs : undefined;
  if (pause !== undefined && pause > maxRetryAfter)
    return stop(`${why}, but the server's pause of ${pause} ms exceeds maxRetryAfter of ${maxRetryAfter} ms`);
  const wait = await waitBefore(call, state, resolved, pause);
  if (pause !== undefined) call.notBeforeMs = call.elapsedMs + pause;
  const delay = call.paced && pause ? 0 : wait;
  const reason = why + safe + (pause === undefined ? '' : ', the server asks for a pause');

  // What core will stop, at the limit or for want of time, costs nothing and is no retry.
  if (outcome.retriesLeft > 0 && Math.max(delay, pause ?? 0) < call.remainingMs) {
    if (budget && !budgetOf(call, request).withdraw(budget))
      return stop(`${reason}, but the budget is used up`);
    if (onRetry) await guarded(call, 'onRetry', () => onRetry({ ...state, delayMs: delay, reason }));
  }
  return { verdict: 'retry', delay, reason };
}

function stop(reason: string): Verdict {
  return { verdict: 'stop', reason };
}
