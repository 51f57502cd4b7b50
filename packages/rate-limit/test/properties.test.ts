import fc from 'fast-check';
import { virtualClock } from '@kyhooks/testing';
import { describe, expect, test } from 'vitest';
import { Lane } from '../src/lane.ts';
import { localJobs } from '../src/permits/local-or-jobs.ts';
import { LocalPermits } from '../src/permits/local.ts';
import type { Hooks, Limits, Permit, Permits } from '../src/permits/permits.ts';

/** A call that arrives, waits for its permit, runs, and may give up before. */
interface Arrival {
  readonly atMs: number;
  readonly weight: number;
  readonly rank: number;
  readonly runsMs: number;
  readonly leavesMs: number | null;
}

const limits = fc.record({
  maxConcurrent: fc.option(fc.integer({ min: 3, max: 6 }), { nil: undefined }),
  minTime: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
  windows: fc.array(
    fc.record({ limit: fc.integer({ min: 3, max: 8 }), interval: fc.integer({ min: 20, max: 500 }) }),
    { maxLength: 2 },
  ),
});
const arrivals = fc.array(
  fc.record({
    atMs: fc.nat(600),
    weight: fc.integer({ min: 1, max: 3 }),
    rank: fc.nat(3),
    runsMs: fc.integer({ min: 1, max: 300 }),
    leavesMs: fc.option(fc.nat(200), { nil: null }),
  }),
  { maxLength: 40, size: 'max' },
);

interface Start extends Arrival {
  readonly startMs: number;
}

type Make = (limits: Limits, hooks: Hooks) => Permits;

/** Plays the arrivals on one lane, and checks at each start that no limit is broken. */
async function play(make: Make, given: Limits, coming: readonly Arrival[]): Promise<readonly Start[]> {
  using clock = virtualClock();
  let permits: Permits | undefined;
  const lane = new Lane(
    'key',
    (hooks) => (permits = make(given, hooks)),
    () => undefined,
  );
  const starts: Start[] = [];
  let left = 0;
  let out = 0;
  for (const arrival of coming) {
    setTimeout(() => {
      let waits = true;
      const grant = (permit: Permit): void => {
        waits = false;
        starts.push({ ...arrival, startMs: clock.elapsedMs });
        out += arrival.weight;
        // What Bottleneck counts is what is out.
        expect(permits!.running).toBe(out);
        expect(out).toBeLessThanOrEqual(given.maxConcurrent ?? Infinity);
        setTimeout(() => {
          permit.answered(arrival.runsMs);
          out -= arrival.weight;
          permit.release();
        }, arrival.runsMs);
      };
      const { weight, rank, leavesMs } = arrival;
      const quiet = {
        refused: false,
        notBefore: -Infinity,
        refuse: () => undefined,
        paused: () => undefined,
      };
      const leave = lane.join({ weight, rank, since: clock.elapsedMs, grant, ...quiet });
      if (leavesMs === null) return;
      setTimeout(() => {
        if (!waits) return;
        left++;
        leave();
      }, leavesMs);
    }, arrival.atMs);
  }
  await clock.advance(60_000);
  expect({ all: starts.length + left, running: permits!.running, waiting: lane.waiting }).toEqual({
    all: coming.length,
    running: 0,
    waiting: 0,
  });
  expect([permits!.idle, clock.timers]).toEqual([true, 0]);
  return starts;
}

const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
const sum = (items: readonly Start[]): number => items.reduce((total, { weight }) => total + weight, 0);

const ways: Readonly<Record<string, Make>> = {
  "Bottleneck's store": (given, hooks) => new LocalPermits(given, hooks),
  "Bottleneck's jobs": (given, hooks) => localJobs(given, hooks),
};

for (const [name, make] of Object.entries(ways)) {
  describe(`whatever comes and leaves, counted by ${name}`, () => {
    test('no limit is ever broken, and nothing is lost', async () => {
      await fc.assert(
        fc.asyncProperty(limits, arrivals, async (given, coming) => {
          const starts = await play(make, given, coming);
          for (const { interval, limit } of given.windows) {
            const inWindow = starts.map(({ startMs }) =>
              sum(starts.filter((other) => other.startMs >= startMs && other.startMs < startMs + interval)),
            );
            expect(most(inWindow)).toBeLessThanOrEqual(limit);
          }
          const gaps = starts.slice(1).map(({ startMs }, index) => startMs - starts[index]!.startMs);
          for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(given.minTime ?? 0);
        }),
        { numRuns: 60 },
      );
    });
  });
}

describe('within a priority', () => {
  test('it is first come, first served, whatever they weigh', async () => {
    await fc.assert(
      fc.asyncProperty(limits, arrivals, async (given, coming) => {
        const alike = coming.map((one, index) => ({
          ...one,
          rank: 0,
          leavesMs: null,
          atMs: one.atMs + index / 100,
        }));
        const starts = await play(ways["Bottleneck's store"]!, given, alike);
        const arrived = starts.map(({ atMs }) => atMs);
        expect(arrived).toEqual(arrived.toSorted((a, b) => a - b));
      }),
      { numRuns: 40 },
    );
  });
});
