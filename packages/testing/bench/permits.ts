import { Pool } from '../../rate-limit/src/pool.ts';
import { countingHere } from '../../rate-limit/src/here.ts';
import type { Permit } from '../../rate-limit/src/permits/permits.ts';
import Bottleneck from 'bottleneck';
import pLimit from 'p-limit';
import PQueue from 'p-queue';

/** Gets leave to start, starts nothing, and gives it back. */
type Acquire = (key: string) => unknown;

const warmUpRounds = 5;
const rounds = 20;
const perRound = 100;
const newKeysPerRound = 200;
const done = (): Promise<void> => Promise.resolve();

/** A limiter for each key, made when it is asked for first. */
function keyed<Limiter>(make: () => Limiter, acquire: (limiter: Limiter) => unknown): Acquire {
  const limiters = new Map<string, Limiter>();
  return (key) => {
    let limiter = limiters.get(key);
    if (!limiter) limiters.set(key, (limiter = make()));
    return acquire(limiter);
  };
}

const pool = new Pool(countingHere({ maxConcurrent: 100 }));
const users = new Bottleneck.Group({ maxConcurrent: 100 });
const usersPool = new Pool(countingHere({ limiter: users }));

const contenders: Readonly<Record<string, Acquire>> = {
  rateLimit: (key) => end(pool.lane(key).take(1)!),
  "rateLimit, a user's Bottleneck": (key) =>
    new Promise<void>((resolve, reject) => {
      usersPool.lane(key).join({
        weight: 1,
        rank: 5,
        since: performance.now(),
        grant: (permit) => resolve(end(permit)),
        refuse: reject,
        paused: () => undefined,
      });
    }),
  'p-limit': keyed(
    () => pLimit(100),
    (limit) => limit(done),
  ),
  'p-queue': keyed(
    () => new PQueue({ concurrency: 100 }),
    (queue) => queue.add(done),
  ),
  'stock Bottleneck': keyed(
    () => new Bottleneck({ maxConcurrent: 100 }),
    (limiter) => limiter.schedule(done),
  ),
};

function end(permit: Permit): void {
  permit.answered(undefined);
  permit.release();
}

/**
 * What leave to start costs where nobody is in the way: one after the other on one key, and the first on each of many
 * keys, its limiter included. Contenders take turns.
 */
export async function comparePermits(): Promise<void> {
  const perSecond: Record<string, number[]> = {};
  const first: Record<string, number[]> = {};
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const [name, acquire] of Object.entries(contenders)) {
      const began = performance.now();
      for (let count = 0; count < perRound; count++) await acquire('one');
      const spent = performance.now() - began;
      const counts = round >= warmUpRounds;
      if (counts) (perSecond[name] ??= []).push((perRound / spent) * 1_000);
      for (let count = 0; count < newKeysPerRound; count++) {
        const asked = performance.now();
        await acquire(`${round} ${count}`);
        const waited = performance.now() - asked;
        if (counts) (first[name] ??= []).push(waited);
      }
    }
  }
  console.log(`\nleave to start one call, nobody in the way, Node ${process.version}`);
  console.log(row('', 'acquires/s', 'new key, 50 %', 'new key, 99 %'));
  for (const name of Object.keys(contenders)) {
    const [half, most] = [0.5, 0.99].map((share) => `${quantile(first[name]!, share).toFixed(3)} ms`);
    console.log(row(name, Math.round(quantile(perSecond[name]!, 0.5)).toLocaleString('en'), half!, most!));
  }
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)]!;
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(32) + cells.map((cell) => cell.padStart(16)).join('');
}
