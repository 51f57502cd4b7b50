import type { Subject } from './subject.ts';

const smallest = 2_048;
const doublings = 4;
/** Below this nothing can be told from noise, in milliseconds. */
const leastMs = 2;

/** How the time of one shape of input grows. */
export interface Steepness {
  readonly shape: string;
  /** In milliseconds, for the smallest and the largest input. */
  readonly times: readonly [smallMs: number, largeMs: number];
  /** The power of the size that the time goes by: 1 is linear, 2 quadratic. */
  readonly power: number;
}

/** Measures inputs that are made to take long, each size several times: the shortest time is the one least disturbed. */
export async function steepnessOf(subject: Subject): Promise<Steepness[]> {
  const found: Steepness[] = [];
  for (const [index, shape] of (subject.long ?? []).entries()) {
    const small = await shortest(subject, shape(smallest));
    const large = await shortest(subject, shape(smallest * 2 ** doublings));
    const power = large < leastMs ? 0 : Math.log2(large / small) / doublings;
    found.push({ shape: `${subject.name} ${index + 1}`, times: [small, large], power });
  }
  return found;
}

async function shortest({ check }: Subject, input: readonly unknown[]): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < 7; round++) {
    const startMs = performance.now();
    await check(...(input as never[]));
    best = Math.min(best, performance.now() - startMs);
  }
  return best;
}
