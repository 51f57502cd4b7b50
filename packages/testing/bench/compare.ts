/** One of several ways to do the same. */
export interface Contender {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

const rounds = 300;
const warmUpRounds = 60;
const callsPerRound = 50;
const heapSamples = 9;
const callsForHeap = 200;

/** Runs the contenders in turns and prints, for each, the time and the heap of a call, and their ratio to the first. */
export async function compare(title: string, contenders: readonly Contender[]): Promise<void> {
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    for (const [index, { run }] of contenders.entries()) {
      const microseconds = await timePerCall(run);
      if (round >= warmUpRounds) times[index]!.push(microseconds);
    }
  }
  console.log(
    `\n${title}: ${rounds} rounds of ${callsPerRound} calls each, in turns, Node ${process.version}`,
  );
  console.log(row('', 'ratio', '(25 % to 75 %)', 'µs per call', 'heap per call'));
  for (const [index, { name, run }] of contenders.entries()) {
    // Pair by pair: both halves of a pair met the machine in the same mood.
    const ratios = times[index]!.map((value, round) => value / times[0]![round]!);
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2));
    const kilobytes = (await heapPerCall(run)) / 1000;
    const microseconds = quantile(times[index]!, 0.5);
    console.log(
      row(name, middle!, `(${low!} to ${high!})`, microseconds.toFixed(1), `${kilobytes.toFixed(1)} kB`),
    );
  }
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

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)]!;
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(32) + cells.map((cell) => cell.padStart(16)).join('');
}
