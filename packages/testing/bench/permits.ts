import { Pool } from '../../rate-limit/src/pool.ts';
import { countingHere } from '../../rate-limit/src/here.ts';
import type { Permit } from '../../rate-limit/src/permits/permits.ts';
import Bottleneck from 'bottleneck';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { quantile } from './compare.ts';

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
        refused: false,
        notBefore: -Infinity,
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

/** What leave to start costs. */
export interface Acquired {
  readonly name: string;
  /** One after the other on one key. */
  readonly perSecond: number;
  /** The first on a new key, its limiter included: median and 99th percentile. */
  readonly newKeyMs: readonly [half: number, most: number];
}

/** Takes leave to start where nobody is in the way. Contenders take turns. */
export async function measurePermits(): Promise<Acquired[]> {
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
  return Object.keys(contenders).map((name) => ({
    name,
    perSecond: quantile(perSecond[name]!, 0.5),
    newKeyMs: [quantile(first[name]!, 0.5), quantile(first[name]!, 0.99)],
  }));
}

export async function comparePermits(): Promise<void> {
  console.log(`\nleave to start one call, nobody in the way, Node ${process.version}`);
  console.log(row('', 'acquires/s', 'new key, 50 %', 'new key, 99 %'));
  for (const { name, perSecond, newKeyMs } of await measurePermits()) {
    const [half, most] = newKeyMs.map((ms) => `${ms.toFixed(3)} ms`);
    console.log(row(name, Math.round(perSecond).toLocaleString('en'), half!, most!));
  }
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(32) + cells.map((cell) => cell.padStart(16)).join('');
}
