import { seeded } from '@kyhooks/testing';
import type { Client } from './client.ts';
import { type Count, countHeld, holdAtRest, type Sample } from './sample.ts';
import { countTimers } from './timers.ts';
import { type Way, ways } from './ways.ts';

/** How much of what. */
export interface Plan {
  readonly calls: number;
  readonly samples: number;
  /** Calls at a time. */
  readonly concurrency: number;
  readonly seed: number;
}

/** How often a way out was gone, and how the calls ended. */
export type Outcomes = Record<string, Record<string, number>>;

/** What else happens with a call. */
type Beside = (client: Client, number: number) => void;

/** Makes calls that end in every way, at random, and measures at rest after every share of them. */
export async function* loop(
  client: Client,
  { calls, samples, concurrency, seed }: Plan,
  outcomes: Outcomes,
  beside: Beside = () => undefined,
): AsyncGenerator<Sample> {
  const timers = countTimers();
  const pick = wayPicker(seeded(seed));
  let number = 0;
  for (let sample = 1; sample <= samples; sample++) {
    const until = Math.round((sample * calls) / samples);
    let most: Record<Count, number> | undefined;
    const look = (): void => {
      const now = countHeld(client, timers);
      most ??= { ...now };
      for (const count of Object.keys(now) as Count[]) most[count] = Math.max(most[count], now[count]);
    };
    const work = async (): Promise<void> => {
      while (number < until) {
        if (++number % 97 === 0) look();
        beside(client, number);
        await go(client, pick(), number, outcomes);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    look();
    yield { calls: until, rest: await holdAtRest(client, timers), most: most! };
  }
}

async function go(
  client: Client,
  [name, way]: readonly [string, Way],
  number: number,
  outcomes: Outcomes,
): Promise<void> {
  let end = 'ok';
  try {
    const ended = way.run(client, number);
    if ((await (client.losesAborts ? atMost(longestCall, ended) : ended)) === lost) end = 'lost';
  } catch (error) {
    end = nameOf(error);
    if (!way.ends.test(end)) throw new Error(`"${name}" ended with ${end}`, { cause: error });
  }
  if (end !== 'lost' && !way.ends.test(end)) throw new Error(`"${name}" ended with ${end}`);
  const ends = (outcomes[name] ??= {});
  ends[end] = (ends[end] ?? 0) + 1;
}

/** What never ends, or not in this time, in milliseconds: far longer than any call here takes. */
const longestCall = 5_000;
const lost = Symbol('lost');

async function atMost(ms: number, ended: Promise<unknown>): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms, lost);
  });
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The most telling name of an error: its status, its code or that of its cause, its name. */
function nameOf(error: unknown): string {
  const { response, code, cause, name } = error as {
    readonly response?: Response;
    readonly code?: string;
    readonly cause?: { readonly code?: string; readonly cause?: { readonly code?: string } };
    readonly name: string;
  };
  return String(response?.status ?? code ?? cause?.code ?? cause?.cause?.code ?? name);
}

/** Each way as often as its share says. */
function wayPicker(random: () => number): () => readonly [string, Way] {
  const shares = Object.entries(ways).flatMap((way) => Array.from({ length: way[1].share }, () => way));
  return () => shares[Math.floor(random() * shares.length)]!;
}
