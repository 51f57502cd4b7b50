import type { Held, Sample } from './sample.ts';

/** Of the samples, so many are taken for the warming up of the engine. */
const warmUp = 0.25;

/**
 * How much more is held at the end than behind the warm-up, by the median of the slopes between all pairs of samples
 * (Theil and Sen): one sample that lies off, as the collector makes some, does not count.
 */
export function growth(samples: readonly Sample[], what: keyof Held): number {
  const measured = samples.slice(Math.floor(samples.length * warmUp));
  const slopes = measured.flatMap((one, index) =>
    measured.slice(index + 1).map((other) => (other.rest[what] - one.rest[what]) / (other.calls - one.calls)),
  );
  const sorted = slopes.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return median * (measured.at(-1)!.calls - measured[0]!.calls);
}

/** What memory may grow by in a whole run, in bytes: the engine goes on compiling, and its tables grow by doubling. */
const allowedBytes = 1.5 * 2 ** 20;
/** Nothing of this may be left when no call is under way. */
const none = ['listeners', 'timers', 'permits', 'waiting', 'spans'] as const;

/** What is not flat; memory is compared with what plain ky and Node themselves keep, where that is known. */
export function leaks(samples: readonly Sample[], plain: readonly Sample[] = []): string[] {
  const found: string[] = [];
  for (const what of ['heap', 'outside'] as const) {
    const own = plain.length > 0 ? Math.max(0, growth(plain, what)) : 0;
    const grown = growth(samples, what);
    if (grown > own + allowedBytes) found.push(`${what} grew by ${Math.round(grown)} bytes`);
  }
  for (const what of none) {
    const left = Math.max(...samples.map(({ rest }) => rest[what]));
    if (left > 0) found.push(`${left} ${what} were left`);
  }
  // Connections are kept for the next call, so there is a number of them that is right.
  for (const what of ['handles', 'sockets'] as const) {
    const grown = growth(samples, what);
    if (grown >= 1) found.push(`${what} grew by ${Math.round(grown)}`);
  }
  return found;
}
