import { seeded } from '@kyhooks/testing';
import { diff } from '@vitest/utils/diff';
import type { KyInstance, Options } from 'ky';
import { layers, type Ledger } from './layers.ts';
import type { Script } from './scripts.ts';
import { play } from './world.ts';

/** Fragments by their names, made anew for each play. */
export type Fragments = Readonly<Record<string, (ledger: Ledger) => Options>>;

/** An order of chaining, by the fragments' names. */
export type Order = readonly string[];

/** The six that resilience takes, of which all orders are tried. */
export const six: Order = ['retry', 'timeout', 'rateLimit', 'idempotency', 'schema', 'otel'];

/** Every layer, and hooks of the user's among them: these stay in ky's own places, wherever they are chained. */
export const fragments: Fragments = {
  ...layers,
  hooks: () => ({
    hooks: {
      beforeRequest: [({ request }) => request.headers.set('x-user', 'first')],
      beforeRetry: [({ request, retryCount }) => request.headers.set('x-user', `again ${retryCount}`)],
      afterResponse: [({ response }) => void response.headers.get('x-user')],
      beforeError: [({ error }) => error],
    },
  }),
};

/** All orders of some names. */
export function* permutations(names: Order): Generator<Order> {
  if (names.length === 0) yield [];
  for (const [index, name] of names.entries()) {
    for (const rest of permutations(names.toSpliced(index, 1))) yield [name, ...rest];
  }
}

/** Orders drawn by chance, the same for the same seed. The first is the one given, the second its reverse: each pair both ways. */
export function* sampled(names: Order, count: number, seed: number): Generator<Order> {
  yield names;
  yield names.toReversed();
  const random = seeded(seed);
  for (let drawn = 2; drawn < count; drawn++) {
    yield names
      .map((name) => ({ name, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ name }) => name);
  }
}

/**
 * Plays a script in each of these orders, and compares everything that anybody could see of it with the first one,
 * which must leave nothing behind.
 *
 * @returns how many orders were played
 * @throws at the first order that differs, with what differs
 */
export async function holdsInAll(
  script: Script,
  orders: Iterable<Order>,
  from: Fragments = fragments,
): Promise<number> {
  let first: { readonly order: Order; readonly trail: unknown } | undefined;
  let played = 0;
  for (const order of orders) {
    const trail = await play(script, chained(order, from));
    played++;
    if (!first) {
      first = { order, trail };
      const left = Object.entries(trail.left).filter(([, count]) => count > 0);
      if (left.length > 0)
        throw new Error(`Something is left behind: ${JSON.stringify(Object.fromEntries(left))}`);
      continue;
    }
    if (JSON.stringify(trail) === JSON.stringify(first.trail)) continue;
    const difference = diff(first.trail, trail, {
      ...plain,
      aAnnotation: first.order.join(' → '),
      bAnnotation: order.join(' → '),
    });
    throw new Error(`Two orders of chaining do not do the same:\n${difference}`);
  }
  return played;
}

const uncoloured = (text: string): string => text;

/** What differs and the lines around it, in full and without colours: it goes to a terminal and to a page. */
const plain: DiffOptions = {
  ...Object.fromEntries(
    ['aColor', 'bColor', 'changeColor', 'commonColor', 'patchColor'].map((part) => [part, uncoloured]),
  ),
  expand: false,
  contextLines: 2,
  truncateThreshold: 0,
};

type DiffOptions = NonNullable<Parameters<typeof diff>[2]>;

function chained(order: Order, from: Fragments): (bare: KyInstance, ledger: Ledger) => KyInstance {
  // The journal sees the records, also where it is not one of those whose order is tried.
  const all = order.includes('journal') ? order : ['journal', ...order];
  return (bare, ledger) => all.reduce((api, name) => api.extend(from[name]!(ledger)), bare);
}
