import { retry, type RetryOptions } from '@kyhooks/retry';
import { seeded, virtualClock } from '@kyhooks/testing';
import ky, { type Options } from 'ky';

/** What hits a server that is down for a while. */
export interface Storm {
  /** Requests received in each second. */
  readonly perSecond: readonly number[];
  /** Calls that failed in the end. */
  readonly failed: number;
}

export const clients = 200;
export const outage = { from: 5, to: 15 };
export const seconds = 30;

/** Each client starts a call every second, whatever became of the last; on a virtual clock, from a seed. */
export async function storm(options: RetryOptions | false): Promise<Storm> {
  using clock = virtualClock();
  const random = seeded(7);
  const chance = Math.random;
  Math.random = random;
  try {
    const perSecond = Array.from({ length: seconds }, () => 0);
    const fetch: NonNullable<Options['fetch']> = async () => {
      const second = clock.elapsedMs / 1_000;
      if (second < seconds) perSecond[Math.floor(second)]!++;
      const down = second >= outage.from && second < outage.to;
      await new Promise((resolve) => void setTimeout(resolve, 20));
      return new Response('{}', { status: down ? 503 : 200 });
    };
    const api = ky.create({ baseUrl: 'https://api.test/', fetch }).extend(retry(options || { limit: 0 }));
    let failed = 0;
    const ends: Promise<void>[] = [];
    for (let client = 0; client < clients; client++) {
      const phase = random() * 1_000;
      for (let second = 0; second < seconds; second++) {
        setTimeout(
          () =>
            ends.push(
              api
                .get('a')
                .json()
                .then(
                  () => undefined,
                  () => void failed++,
                ),
            ),
          second * 1_000 + phase,
        );
      }
    }
    await clock.advance(seconds * 1_000 + 10_000);
    await Promise.all(ends);
    return { perSecond, failed };
  } finally {
    Math.random = chance;
  }
}
