import {
  layer,
  gate,
  verdict,
  type Call,
  type LayerFactory,
  type Outcome,
  type Verdict,
} from '@kyhooks/core';
import { errorCode } from '@kyhooks/core/classify';
import type { Options as KyOptions } from 'ky';
import { isStream, mayHideStream } from './is-stream.ts';
import { whyRetryable } from './why-retryable.ts';
import { check, limitOf, resolve, type ResolvedRetryOptions, type RetryOptions } from './options.ts';
import { serverPause } from './server-pause.ts';
import { spread } from './jitter.ts';

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
    verdict({ decide }),
  ],
  inForce: (options, { retry: own }) => {
    const {
      onTimeout: _,
      heeds: __,
      ...resolved
    } = resolve(options, typeof own === 'number' ? { limit: own } : (own ?? {}));
    return resolved;
  },
});

function configure(ky: KyOptions, options: RetryOptions, call: Call): void {
  const own = typeof ky.retry === 'number' ? { limit: ky.retry } : ky.retry;
  if (isStream(ky.body)) call.sendOnce = 'its body is a stream';
  ky.retry = { ...own, limit: call.sendOnce ? 0 : limitOf(options, own?.limit) };
  // ky must ask about these, also where one comes inside a Request.
  if (options.methods) ky.retry.methods = [...options.methods];
}

async function decide(outcome: Outcome, options: RetryOptions): Promise<Verdict> {
  const { call, request, response, retryCount } = outcome;
  const resolved = resolve(options, outcome.ky);
  const pause = serverPause(response, resolved);
  const asked = await ask(outcome, resolved);
  const reason = asked ? 'shouldRetry says so' : whyRetryable(outcome, resolved, pause);
  if (asked === false) return stop('shouldRetry forbids it');
  if (!reason)
    return stop(`${response ? `status ${response.status}` : errorCode(outcome.error)} is not retryable`);
  if (call.sendOnce) return stop(`${reason}, but ${call.sendOnce}`);
  if (!call.replaySafe && !names(resolved.methods, request.method)) {
    return stop(`${reason}, but ${request.method} is not safe to send twice`);
  }
  if (pause === undefined) {
    return { verdict: 'retry', delay: spread(resolved.backoff(retryCount + 1), resolved.jitter), reason };
  }
  if (pause > resolved.maxRetryAfter) {
    return stop(
      `${reason}, but the server's pause of ${pause} ms exceeds maxRetryAfter of ${resolved.maxRetryAfter} ms`,
    );
  }
  call.notBeforeMs = call.elapsedMs + pause;
  return { verdict: 'retry', delay: pause, reason: `${reason}, the server asks for a pause` };
}

/** What the user's `shouldRetry` says; a method that may not be sent twice is not brought before it. */
async function ask(
  { call, request, error, response, retryCount }: Outcome,
  options: ResolvedRetryOptions,
): Promise<boolean | undefined> {
  if (!options.shouldRetry || !(call.replaySafe || names(options.methods, request.method))) return undefined;
  try {
    return await options.shouldRetry({ call, error, response, retryCount: retryCount + 1 });
  } catch (thrown) {
    call.decide('retry', 'threw', `shouldRetry threw ${errorCode(thrown)}`);
    return undefined;
  }
}

function names(methods: readonly string[], method: string): boolean {
  return methods.some((name) => name.toUpperCase() === method.toUpperCase());
}

function stop(reason: string): Verdict {
  return { verdict: 'stop', reason };
}
