/** Of a request that reaches a server: the pause it is refused with, in milliseconds; `undefined` where it is taken. */
export type Throttle = (arrival: Arrival) => number | undefined;

/** A request as a server that throttles sees it. */
interface Arrival {
  readonly path: string;
  /** Of the virtual clock. */
  readonly atMs: number;
}

/** What a server may make of the time until it takes the next request. */
export const rounding = {
  exact: (ms: number): number => ms,
  wholeSeconds: (ms: number): number => Math.ceil(ms / 1_000) * 1_000,
};

/** A token bucket (https://en.wikipedia.org/wiki/Token_bucket), for all callers. */
export function bucket(perSecond: number, burst: number, round: (ms: number) => number): Throttle {
  let tokens = burst;
  let lastMs = 0;
  return ({ atMs }) => {
    tokens = Math.min(burst, tokens + ((atMs - lastMs) / 1_000) * perSecond);
    lastMs = atMs;
    if (tokens < 1) return round(((1 - tokens) / perSecond) * 1_000);
    tokens--;
    return undefined;
  };
}

/** A window that takes so many in each second of the clock, for all callers. */
export function window(limit: number): Throttle {
  const seen = new Map<number, number>();
  return ({ atMs }) => {
    const second = Math.floor(atMs / 1_000);
    const count = (seen.get(second) ?? 0) + 1;
    seen.set(second, count);
    return count <= limit ? undefined : (second + 1) * 1_000 - atMs;
  };
}

/** Refuses these paths alone, each so many times. */
export function singly(isMeant: (path: string) => boolean, times: number, pauseMs: number): Throttle {
  const refused = new Map<string, number>();
  return ({ path }) => {
    const count = (refused.get(path) ?? 0) + 1;
    if (!isMeant(path) || count > times) return undefined;
    refused.set(path, count);
    return pauseMs;
  };
}
