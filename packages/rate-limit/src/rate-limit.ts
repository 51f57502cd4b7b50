import { type RateLimitFragment, factoryOf } from './factory.ts';
import { countingHere } from './here.ts';
import { check, type RateLimitOptions } from './options.ts';

const make = /* @__PURE__ */ factoryOf<RateLimitOptions>(check, countingHere);

/**
 * Lets no more requests start, and run at a time, than the limits allow; calls beyond them wait in line, before ky starts
 * the clock of their attempt. Bottleneck counts, on this machine.
 *
 * The limits hold for everything that uses this fragment: instances, calls, copies. Given again without limits it refines
 * how calls are admitted (`rateLimit({ priority: 0 })`); given again with limits it makes a limiter of its own.
 * `rateLimit(false)` removes it, `rateLimit(false, id)` the one with that id.
 *
 * @throws OptionsError naming every option that is not valid
 *
 * @example
 * ```ts
 * import ky from 'ky';
 * import { rateLimit } from '@kyhooks/rate-limit';
 *
 * const api = ky
 *   .create({ baseUrl: 'https://api.example.com/' })
 *   .extend(rateLimit({ maxConcurrent: 20, rate: { limit: 50, interval: 1_000 } }));
 * ```
 */
export function rateLimit(options: RateLimitOptions | false = {}, id?: string): RateLimitFragment {
  return make(options, id);
}
