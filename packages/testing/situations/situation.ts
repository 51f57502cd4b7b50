import { seeded, virtualClock } from '@kyhooks/testing';
import { type Run, Stage } from './stage.ts';

/** Something that happens to clients of HTTP APIs. */
export interface Situation {
  /** Of its figure's file. */
  readonly name: string;
  /** What it needs: nothing but a clock that is moved by hand, real sockets, or a real Redis too. */
  readonly on: 'virtual clock' | 'sockets' | 'redis';
  /** Whether each attempt has a row of its own, and not each call. */
  readonly byAttempt?: boolean;
  /** Whether the number of requests, and how plain ky fares, hang on the moment. */
  readonly byChance?: boolean;
  /** What the writes do, and how often they should. */
  readonly effect?: { readonly name: string; readonly wanted: number };
  readonly play: (stage: Stage) => Promise<void>;
}

/** Plays it with one of the two clients. On the virtual clock chance comes from a seed: each run is like the last. */
export async function run({ on, play }: Situation, toolkit: boolean): Promise<Run> {
  if (on !== 'virtual clock') return played(play, toolkit);
  using clock = virtualClock();
  const chance = Math.random;
  Math.random = seeded(1);
  try {
    return await clock.finish(played(play, toolkit));
  } finally {
    Math.random = chance;
  }
}

async function played(play: Situation['play'], toolkit: boolean): Promise<Run> {
  const stage = new Stage(toolkit);
  await play(stage);
  return stage.run();
}
