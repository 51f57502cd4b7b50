import type { Fetch } from '@kyhooks/fetch';
import { cases, type Make, matrix, orderOfSettling, outcome, settings } from './cases.ts';

/** What a page does, when the test asks it to. */
const page = {
  /** One case, by the platform or by a setting of ours. */
  one: (by: string, name: string): Promise<unknown> => outcomeOf(by, cases[name]!),
  /** One place of the matrix. */
  cell: (by: string, form: string, method: string, index: number): Promise<unknown> =>
    outcomeOf(by, [...matrix(form, method)][index]!),
  order: (by: string, begun: readonly string[]): Promise<string[]> =>
    orderOfSettling(fetchBy(by), origin, begun),
  upload: (by: string): Promise<unknown> => upload(by),
};
export type Page = typeof page;
Object.assign(globalThis, { page });

const origin = `${location.origin}/`;
const fetchBy = (by: string): Fetch => settings[by] ?? globalThis.fetch;

async function outcomeOf(by: string, make: Make): Promise<unknown> {
  try {
    return await outcome(fetchBy(by), make(origin));
  } catch (error) {
    return String(error); // of `make`: the platform refuses the Request itself
  }
}

/** A stream that says how much of it was taken; the server reads it at leisure. */
async function upload(by: string): Promise<unknown> {
  let taken = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (taken++ === 3) controller.close();
      else controller.enqueue(new TextEncoder().encode('x'.repeat(1000)));
    },
  });
  return outcomeOf(by, () => [origin, { method: 'POST', body, duplex: 'half' } as RequestInit]).then(
    (found) => [found, body.locked],
  );
}
