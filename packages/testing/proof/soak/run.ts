import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Outcomes } from './loop.ts';
import type { Orders } from './process.ts';
import type { Sample } from './sample.ts';

/** What came of a run. */
export interface Run {
  readonly samples: readonly Sample[];
  readonly outcomes: Outcomes;
  /** Whether the process ended when the last call was over, with nothing that kept it. */
  readonly ended: boolean;
}

/** Longest time that a process takes to end which nothing keeps. */
const longestEnd = 10_000;

/** Runs the soak in a process of its own, where nothing else takes memory. */
export async function run(
  orders: Orders,
  onSample: (sample: Sample) => void = () => undefined,
): Promise<Run> {
  const file = fileURLToPath(new URL('process.ts', import.meta.url));
  // Most of what a call makes dies young: with room for it the collector runs a tenth as often.
  const flags = ['--expose-gc', '--max-semi-space-size=64'];
  const child = spawn(process.execPath, [...flags, file, JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<number | null>((resolve) => void child.on('close', resolve));
  const samples: Sample[] = [];
  let outcomes: Outcomes | undefined;
  for await (const line of createInterface(child.stdout)) {
    const told = JSON.parse(line) as Sample | { readonly outcomes: Outcomes };
    if ('outcomes' in told) {
      outcomes = told.outcomes;
      break;
    }
    samples.push(told);
    onSample(told);
  }
  if (!outcomes) throw new Error(`The soak broke off after ${samples.at(-1)?.calls ?? 0} calls`);
  // What was planted may well keep it.
  const ended =
    orders.plant === undefined && (await Promise.race([closed, sleep(longestEnd, 'kept', { ref: false })]));
  child.kill();
  return { samples, outcomes, ended: ended === 0 };
}
