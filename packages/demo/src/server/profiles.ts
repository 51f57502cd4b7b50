/** What can go wrong with an answer. */
export const faultNames = [
  'throttle', // 429 with Retry-After
  'serverError', // 500, 502, 503 or 504
  'reset', // the connection is reset before any answer
  'hang', // no headers, ever
  'slowBody', // headers at once, the body in drips
  'truncate', // the connection ends within the body
  'malformed', // 200 with text that is no JSON
  'drift', // 200 with JSON of another shape
] as const;

export type FaultName = (typeof faultNames)[number];

/** How flaky the API is. */
export interface Profile {
  /** Share of the attempts that meet each fault; together at most 1. */
  readonly rates: Readonly<Partial<Record<FaultName, number>>>;
  /** Share of the resources that lie in a storm of 429s. */
  readonly stormShare: number;
  /** Times the usual latency, where people watch. */
  readonly slowness?: number;
}

/** A storm takes this many resources with consecutive numbers. */
export const stormWidth = 10;

/** Within a storm: share of the first, second, … attempts that are answered 429. Later ones are as in the calm. */
export const stormRates: readonly number[] = [0.95, 0.8, 0.5, 0.25];

/** The ways to be flaky, by name. */
export const profileNames = ['none', 'mixed', 'storm', 'stall', 'drop', 'drift'] as const;

export type ProfileName = (typeof profileNames)[number];

const badBodies = { slowBody: 0.02, truncate: 0.01, malformed: 0.01, drift: 0.015 };

export const profiles: Readonly<Record<ProfileName, Profile>> = {
  none: { rates: {}, stormShare: 0 },
  mixed: {
    rates: { throttle: 0.01, serverError: 0.1, reset: 0.07, hang: 0.05, ...badBodies },
    stormShare: 0.12,
  },
  storm: { rates: { throttle: 0.05 }, stormShare: 0.2 },
  stall: { rates: { hang: 0.15, slowBody: 0.1 }, stormShare: 0 },
  drop: { rates: { reset: 0.2, truncate: 0.05 }, stormShare: 0 },
  drift: { rates: { malformed: 0.05, drift: 0.1 }, stormShare: 0 },
};

/** Each of these faults meets so many attempts. */
const shareEach = 0.08;

/** A profile to be watched: a request takes a tenth of a second or two, and each of the faults is as frequent. */
export function slowly(faults: readonly FaultName[]): Profile {
  return { rates: Object.fromEntries(faults.map((name) => [name, shareEach])), stormShare: 0, slowness: 10 };
}
