import type { Ending, Run } from './stage.ts';

/** A run, counted. */
export interface Numbers {
  readonly right: number;
  readonly wrong: number;
  readonly failed: number;
  /** Where either client has calls that were given up. */
  readonly givenUp?: number;
  readonly requests: number;
  readonly effects?: number;
  readonly durationMs: number;
}

/** Counts both runs of a situation. */
export function numbersOf(plain: Run, toolkit: Run): { readonly plain: Numbers; readonly toolkit: Numbers } {
  const givesUp = [plain, toolkit].some((run) => ended(run, 'given up') > 0);
  const count = (run: Run): Numbers => ({
    right: ended(run, 'right'),
    wrong: ended(run, 'wrong'),
    failed: ended(run, 'failed'),
    ...(givesUp && { givenUp: ended(run, 'given up') }),
    requests: run.requests,
    ...(run.effects !== undefined && { effects: run.effects }),
    durationMs: run.durationMs,
  });
  return { plain: count(plain), toolkit: count(toolkit) };
}

const ended = ({ calls }: Run, as: Ending): number => calls.filter(({ ending }) => ending === as).length;
