import {
  callback,
  type CallRecord,
  type Check,
  duration,
  either,
  type Fault,
  integer,
  oneOf,
  type Rule,
  rules,
  shape,
  text,
} from '@kyhooks/core';
import type { WindowLimit } from './permits/permits.ts';
import type { Schedules } from './permits/slot.ts';

/** At most `limit` requests in any `interval`. */
export interface Rate {
  /** Weight of the requests that may start in any `interval`; a whole number from 1 up. */
  readonly limit: number;
  /** Milliseconds, from 1 up. */
  readonly interval: number;
}

/** What the options `key`, `priority` and `weight` are told, where they are functions. */
export interface Asked {
  /** About to be sent; not signed yet. */
  readonly request: Request;
  readonly call: CallRecord;
  /** The option `context` of ky. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** A `Bottleneck.Group`, as far as it is used. */
export interface Group {
  key(name: string): Schedules;
}

/** Options of `rateLimit()`. Without limits it only follows the server. */
export interface RateLimitOptions {
  /**
   * Most requests at a time, by weight; a whole number from 1 up. A request counts from its permit to its headers, or to
   * the end of its body, as `hold` says.
   */
  readonly maxConcurrent?: number;
  /**
   * Most requests to start in a time: in no sliding window of `interval` milliseconds does the server see more than
   * `limit`. Bursts are fine with it; even spacing is `minTime`. Several, such as a burst and a sustained rate, hold together.
   */
  readonly rate?: Rate | readonly Rate[];
  /** Least time between two starts, in milliseconds, whatever their weight. A timer cannot keep less than about 1 ms. */
  readonly minTime?: number;
  /**
   * A Bottleneck or a `Bottleneck.Group` of your own, which has the limits then: each attempt is a job of it. A group has
   * a limiter for each key. Excludes `maxConcurrent`, `rate` and `minTime`.
   */
  readonly limiter?: Schedules | Group;
  /**
   * What has limits of its own. Asked at each attempt, before it is signed. The default, the origin of the URL, suits
   * limits for each server; for limits by credential read ky's `context`.
   *
   * @default the origin of the URL
   */
  readonly key?: (asked: Asked) => string;
  /**
   * Who goes first among those that wait: a whole number from 0 (first) to 9 (last). Within a priority it is first come,
   * first served; a call that is sent again keeps the place of its start.
   *
   * Source: the range and the default of Bottleneck.
   *
   * @default 5
   */
  readonly priority?: number | ((asked: Asked) => number);
  /**
   * Milliseconds of waiting that raise a call by one priority, so that low priorities are served in the end. `false`: a
   * low priority waits as long as there are higher ones.
   *
   * @default false
   */
  readonly aging?: number | false;
  /**
   * How much of the limits the call takes: a whole number from 1 up, at most the smallest limit.
   *
   * @default 1
   */
  readonly weight?: number | ((asked: Asked) => number);
  /**
   * How long a request counts against `maxConcurrent`: to its headers, or until its body was read, cancelled or dropped.
   * A body that nobody has begun to read counts for 60 s at most.
   *
   * @default 'headers'
   */
  readonly hold?: 'headers' | 'body';
  /** The calls that wait for a permit. */
  readonly queue?: QueueOptions;
  /**
   * Does as the server says: a pause asked for by a 429, 503 or 403 stops the key until it is over, and what waits then
   * starts spread out; where refusals turn out to mean single calls, only those wait. When little is left of a quota the
   * key slows down. `false` takes no notice.
   *
   * @default { maxPause: 60_000 }
   */
  readonly followServer?: FollowOptions | boolean;
  /**
   * Tells apart several limiters on one instance, which all have to be passed: one for each server and one for each user,
   * say. Without it there is one.
   */
  readonly id?: string;
}

/** The calls of one key that wait for a permit. */
export interface QueueOptions {
  /**
   * Most calls that wait; one more is refused at once. A whole number from 0 up, or `Infinity`.
   *
   * @default 1_000
   */
  readonly limit?: number;
  /**
   * Longest wait for a permit, in milliseconds; `false` for no bound but the call's own.
   *
   * @default false
   */
  readonly timeout?: number | false;
}

/** How far the server is followed. */
export interface FollowOptions {
  /**
   * Longest pause that calls wait for, in milliseconds. In a longer one they are refused at once, until it is over.
   *
   * @default 60_000
   */
  readonly maxPause?: number;
}

/** How calls are admitted, after defaulting. */
export interface ResolvedOptions extends Defaults {
  readonly key: RateLimitOptions['key'];
}

/** Every option that has a default. */
interface Defaults {
  readonly priority: NonNullable<RateLimitOptions['priority']>;
  readonly aging: number | false;
  readonly weight: NonNullable<RateLimitOptions['weight']>;
  readonly hold: 'headers' | 'body';
  readonly queue: Required<QueueOptions>;
  readonly followServer: Required<FollowOptions> | false;
}

const followDefaults: Required<FollowOptions> = { maxPause: 60_000 };

/** The defaults of {@link RateLimitOptions}. */
export const rateLimitDefaults: Defaults = {
  priority: 5,
  aging: false,
  weight: 1,
  hold: 'headers',
  queue: { limit: 1_000, timeout: false },
  followServer: followDefaults,
};

/** What a function may give in place of a number. */
interface GivenNumbers {
  readonly priority?: number;
  readonly weight?: number;
}

const aPriority = /* @__PURE__ */ integer(0, 9);
const aWeight = /* @__PURE__ */ integer(1);
const rate = /* @__PURE__ */ shape<Rate>({ limit: integer(1), interval: duration(1) });
const someRates = {
  text: 'an array of such, with at least one member',
  test: (value: unknown): boolean =>
    Array.isArray(value) && value.length > 0 && value.every((one) => rate.test(one)),
};

/** A rule for each option. */
export const table = (): { readonly [Name in keyof Required<RateLimitOptions>]: Rule } => ({
  maxConcurrent: integer(1),
  rate: either(rate, someRates),
  minTime: duration(),
  limiter: {
    text: 'a Bottleneck or a Bottleneck.Group',
    test: (value) => isGroup(value) || has(value, 'schedule'),
  },
  key: callback,
  priority: either(aPriority, callback),
  aging: either(duration(1), oneOf(false)),
  weight: either(aWeight, callback),
  hold: oneOf('headers', 'body'),
  queue: shape<QueueOptions>({
    limit: either(integer(0), oneOf(Infinity)),
    timeout: either(duration(1), oneOf(false)),
  }),
  followServer: either(shape<FollowOptions>({ maxPause: duration() }), oneOf(true, false)),
  id: text,
});

export const check: Check<RateLimitOptions> = /* @__PURE__ */ rules<RateLimitOptions>(
  /* @__PURE__ */ table(),
  across,
);

/** What functions give in place of options. */
export const checkGiven: Check<GivenNumbers> = /* @__PURE__ */ rules<GivenNumbers>({
  priority: aPriority,
  weight: aWeight,
});

/** Rules that span options. */
export function across(options: RateLimitOptions): readonly Fault[] {
  const { weight, maxConcurrent = Infinity } = options;
  if (options.limiter && namesOwnLimits(options))
    return [{ option: 'limiter', rule: 'excludes maxConcurrent, rate and minTime', value: 'both' }];
  const windows = windowsOf(options);
  if (windows.some(({ limit, interval }: Partial<Rate>) => limit === undefined || interval === undefined))
    return [{ option: 'rate', rule: 'must have both limit and interval', value: 'one of them' }];
  const limit = Math.min(maxConcurrent, ...windows.map((window) => window.limit));
  return typeof weight === 'number' && weight > limit
    ? [{ option: 'weight', rule: `must be at most the smallest limit (${limit})`, value: String(weight) }]
    : [];
}

/** The windows that `rate` asks for. */
export function windowsOf({ rate: rates = [] }: RateLimitOptions): readonly WindowLimit[] {
  return Array.isArray(rates) ? rates : [rates as Rate];
}

/** Later options over earlier ones; groups are refined, not replaced. */
export function refine(earlier: RateLimitOptions, later: RateLimitOptions): RateLimitOptions {
  const { maxConcurrent, rate: rates, minTime, limiter, ...rest } = earlier;
  const limits = {
    ...(!later.limiter && { maxConcurrent, rate: rates, minTime }),
    ...(!namesOwnLimits(later) && { limiter }),
  };
  const queue = { ...earlier.queue, ...given(later.queue ?? {}) };
  return { ...rest, ...given(limits), ...given(later), queue };
}

/** Without what is `undefined`: that counts as not given. */
function given<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

/** The options in force. */
export function resolve({
  key,
  priority,
  aging,
  weight,
  hold,
  queue,
  followServer = true,
}: RateLimitOptions): ResolvedOptions {
  return {
    key,
    priority: priority ?? rateLimitDefaults.priority,
    aging: aging ?? rateLimitDefaults.aging,
    weight: weight ?? rateLimitDefaults.weight,
    hold: hold ?? rateLimitDefaults.hold,
    queue: { ...rateLimitDefaults.queue, ...given(queue ?? {}) },
    followServer: followServer && {
      ...followDefaults,
      ...(followServer === true ? {} : given(followServer)),
    },
  };
}

/** Whether these options say how much is allowed. */
export function namesLimits(options: RateLimitOptions): boolean {
  return options.limiter !== undefined || namesOwnLimits(options);
}

function namesOwnLimits({ maxConcurrent, rate: rates, minTime }: RateLimitOptions): boolean {
  return [maxConcurrent, rates, minTime].some((limit) => limit !== undefined);
}

/** Whether a limiter is a `Bottleneck.Group`. */
export function isGroup(value: unknown): value is Group {
  return has(value, 'key');
}

function has(value: unknown, method: string): boolean {
  return typeof (value as Record<string, unknown> | null)?.[method] === 'function';
}
