import { setImmediate as nextTurn } from 'node:timers/promises';

/** One of several ways to do the same. */
export interface Contender {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

const manyRounds = 300;
/** One in so many rounds more is run before, and not counted. */
const warmUpShare = 5;
export const callsPerRound = 50;
const heapSamples = 9;
const callsForHeap = 200;

/** What a call of one contender takes. */
export interface Measured {
  readonly name: string;
  /** Time of its rounds in terms of the first contender's: lower quartile, median, upper quartile. */
  readonly ratios: Quartiles;
  readonly microseconds: number;
  readonly kilobytes: number;
}

/** Lower quartile, median, upper quartile. */
export type Quartiles = readonly [low: number, middle: number, high: number];

/** Runs the contenders in turns and prints, for each, the time and the heap of a call, and their ratio to the first. */
export async function compare(title: string, contenders: readonly Contender[]): Promise<void> {
  const measured = await measure(contenders, manyRounds);
  console.log(
    `\n${title}: ${manyRounds} rounds of ${callsPerRound} calls each, in turns, Node ${process.version}`,
  );
  console.log(row('', 'ratio', '(25 % to 75 %)', 'µs per call', 'heap per call'));
  for (const { name, ratios, microseconds, kilobytes } of measured) {
    const [low, middle, high] = ratios.map((ratio) => ratio.toFixed(2));
    console.log(
      row(name, middle!, `(${low!} to ${high!})`, microseconds.toFixed(1), `${kilobytes.toFixed(1)} kB`),
    );
  }
}

/** Runs the contenders in turns. */
export async function measure(contenders: readonly Contender[], rounds: number): Promise<Measured[]> {
  const warmUpRounds = rounds / warmUpShare;
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const [index, { run }] of contenders.entries()) {
      const microseconds = await timePerCall(run);
      // What is held weakly is let go only between two turns of the event loop, and calls answered at once take none.
      await nextTurn();
      if (round >= warmUpRounds) times[index]!.push(microseconds);
    }
  }
  const measured: Measured[] = [];
  for (const [index, { name, run }] of contenders.entries()) {
    measured.push({
      name,
      // Pair by pair: both halves of a pair met the machine in the same mood.
      ratios: quartiles(times[index]!.map((value, round) => value / times[0]![round]!)),
      microseconds: quantile(times[index]!, 0.5),
      kilobytes: (await heapPerCall(run)) / 1000,
    });
  }
  return measured;
}

export function quartiles(values: readonly number[]): Quartiles {
  return [quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)];
}

async function timePerCall(run: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  for (let call = 0; call < callsPerRound; call++) await run();
  return Number(process.hrtime.bigint() - start) / 1000 / callsPerRound;
}

/** What a call allocates. `npm run bench` makes the young generation so large that nothing is collected meanwhile. */
async function heapPerCall(run: () => Promise<unknown>): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < heapSamples; sample++) {
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    for (let call = 0; call < callsForHeap; call++) await run();
    samples.push((process.memoryUsage().heapUsed - before) / callsForHeap);
  }
  return quantile(samples, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)]!;
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(32) + cells.map((cell) => cell.padStart(16)).join('');
}
