import {
  type Reply,
  scriptedWire,
  type ScriptedWire,
  virtualClock,
  type VirtualClock,
  outcome,
} from '@kyhooks/testing';
import { rateLimit, type RateLimitFragment, type RateLimitOptions } from '@kyhooks/rate-limit';
import ky, { type KyInstance, type Options } from 'ky';

/** A client with a limiter, against a scripted server on a virtual clock. */
export interface World extends Disposable {
  readonly clock: VirtualClock;
  readonly wire: ScriptedWire;
  readonly limits: RateLimitFragment;
  readonly api: KyInstance;
  /** When each request was sent. */
  readonly sentAt: number[];
  /** The paths that were sent, in their order. */
  readonly paths: string[];
}

/** Every answer takes 100 ms where no other replies are given. */
export function world(
  options: RateLimitOptions,
  {
    replies = [{ json: {}, afterMs: 100 }],
    limiting = rateLimit,
    ...rest
  }: Options & { readonly replies?: readonly Reply[]; readonly limiting?: typeof rateLimit } = {},
): World {
  const clock = virtualClock();
  const wire = scriptedWire(clock, { replies });
  const limits = limiting(options);
  const api = ky
    .create({ fetch: wire.fetch, baseUrl: 'https://api.test/', retry: 0, ...rest })
    .extend(limits);
  return {
    clock,
    wire,
    limits,
    api,
    get sentAt() {
      return wire.exchanges.map(({ atMs }) => atMs);
    },
    get paths() {
      return wire.exchanges.map(({ request }) => new URL(request.url).pathname.slice(1));
    },
    [Symbol.dispose]: () => clock.uninstall(),
  };
}

/** As many calls as there are paths, one after the other without waiting. */
export function getAll(api: KyInstance, paths: readonly string[], options: Options = {}): Promise<unknown[]> {
  return Promise.all(paths.map((path) => outcome(api.get(path, options).text())));
}

/** `count` names: a0, a1, … */
export function names(count: number, name = 'a'): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index}`);
}
