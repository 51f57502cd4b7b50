import { rateLimit } from '@kyhooks/rate-limit';
import { seeded, virtualClock } from '@kyhooks/testing';
import Bottleneck from 'bottleneck';
import ky, { type Options } from 'ky';

/** A request as the server sees it. */
export interface Arrival {
  readonly ms: number;
  /** Answered 429: it came within the pause, or began it. */
  readonly refused: boolean;
}

/** What became of all calls. */
export interface Reopening {
  readonly arrivals: readonly Arrival[];
  readonly succeeded: number;
  readonly doneMs: number;
}

export const callers = 20;
export const callsPerCaller = 3;
/** From the answer to the first request on: the time in which the server wants nothing. */
export const pause: { readonly from: number; readonly to: number } = { from: 50, to: 1_050 };

type Call = (path: string) => Promise<unknown>;
type Client = (options: Options) => Call;

const instance = (options: Options): ReturnType<typeof ky.create> =>
  ky.create({ baseUrl: 'https://api.test/', ...options });

export const clients: Readonly<Record<string, Client>> = {
  'plain ky': (options) => {
    const api = instance(options);
    return (path) => api.get(path).text();
  },
  'Bottleneck around ky, maxConcurrent: 10': (options) => {
    const api = instance(options);
    const limiter = new Bottleneck({ maxConcurrent: 10 });
    return (path) => limiter.schedule(() => api.get(path).text());
  },
  'rateLimit({ maxConcurrent: 10 })': (options) => {
    const api = instance(options).extend(rateLimit({ maxConcurrent: 10 }));
    return (path) => api.get(path).text();
  },
};

/**
 * Callers side by side, each with some calls one after the other. The server answers the first request 429 with
 * `Retry-After: 1`, and until that second is over it refuses whatever comes, with the same answer. On a virtual clock.
 */
export async function reopen(client: Client): Promise<Reopening> {
  using clock = virtualClock();
  const chance = Math.random;
  Math.random = seeded(3);
  try {
    const arrivals: Arrival[] = [];
    const fetch: NonNullable<Options['fetch']> = async () => {
      const ms = clock.elapsedMs;
      const refused = arrivals.length === 0 || (ms >= pause.from && ms < pause.to);
      arrivals.push({ ms, refused });
      await new Promise((resolve) => void setTimeout(resolve, pause.from));
      return refused
        ? new Response('', { status: 429, headers: { 'retry-after': '1' } })
        : new Response('fine');
    };
    const call = client({ fetch });
    let succeeded = 0;
    let doneMs = 0;
    const work = async (_: unknown, caller: number): Promise<void> => {
      for (let index = 0; index < callsPerCaller; index++) {
        const failed = await call(`${caller}/${index}`).then(
          () => false,
          () => true,
        );
        if (!failed) succeeded++;
        doneMs = clock.elapsedMs;
      }
    };
    await clock.finish(Promise.all(Array.from({ length: callers }, work)));
    return { arrivals, succeeded, doneMs };
  } finally {
    Math.random = chance;
  }
}
