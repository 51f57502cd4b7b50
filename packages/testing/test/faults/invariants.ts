import { isDeepStrictEqual } from 'node:util';
import { isHTTPError } from 'ky';
import { explained } from './explained.ts';
import type { Run } from './run.ts';
import type { Received } from './server.ts';
import type { Told } from './told.ts';
import { truth } from './truth.ts';

/** What must hold whatever happens on the wire. */
export const invariants = [
  'at most one effect per write',
  'no wrong answer accepted',
  'no limit exceeded',
  'no deadline overrun',
  'nothing left behind',
  'every failure explained',
] as const;

/** Something that does not hold. */
export interface Violation {
  readonly invariant: (typeof invariants)[number];
  readonly what: string;
  /** The call it is about; absent where it is about all of them. */
  readonly told?: Told;
}

/** How long behind its bound a call or an attempt may go on, in milliseconds that the event loop runs. */
export const toleranceMs = 100;

/** All that does not hold in a run. */
export function violations(run: Run): readonly Violation[] {
  return [
    ...run.told.flatMap((told) => [
      ...effects(run, told),
      ...answers(run, told),
      ...deadlines(told),
      ...explained(run.client, told).map((what) => found('every failure explained', what, told)),
    ]),
    ...limits(run),
    ...leftovers(run),
  ];
}

function found(invariant: Violation['invariant'], what: string, told?: Told): Violation {
  return { invariant, what, ...(told && { told }) };
}

function effects(run: Run, told: Told): readonly Violation[] {
  const count = run.effects.get(told.call) ?? 0;
  return count > 1 ? [found('at most one effect per write', `${count} effects`, told)] : [];
}

/** A value that was accepted is the truth; for who checks nothing it is at least what the server sent, whole. */
function answers({ client }: Run, told: Told): readonly Violation[] {
  if (!('value' in told)) return [];
  const sent = told.received.at(-1);
  const right = client.checks
    ? isDeepStrictEqual(told.value, truth(told.call))
    : sent !== undefined && 'answer' in sent && isDeepStrictEqual(told.value, sent.answer);
  return right ? [] : [found('no wrong answer accepted', `accepted ${JSON.stringify(told.value)}`, told)];
}

function deadlines(told: Told): readonly Violation[] {
  const latest = Math.max(0, ...told.lateMs);
  const late =
    latest > toleranceMs
      ? [found('no deadline overrun', `went on for ${latest} ms behind its bound`, told)]
      : [];
  // Behind the status of an error the abort comes too late: ky gives the error, without its data.
  const masked =
    told.abortedWith !== undefined && told.error !== told.abortedWith && !isHTTPError(told.error);
  return masked
    ? [...late, found('no deadline overrun', `its abort came back as ${String(told.error)}`, told)]
    : late;
}

/** As the server sees it. */
function limits({ client, received }: Run): readonly Violation[] {
  if (!client.limits) return [];
  const { concurrent, rate } = client.limits;
  const most = mostAtOnce(received);
  const inWindow = mostInAny(
    received.map(({ atMs }) => atMs),
    rate.interval,
  );
  return [
    ...(most > concurrent ? [found('no limit exceeded', `${most} requests at a time of ${concurrent}`)] : []),
    ...(inWindow > rate.limit
      ? [found('no limit exceeded', `${inWindow} requests in ${rate.interval} ms of ${rate.limit}`)]
      : []),
  ];
}

/** The most requests that were on at one time. */
export function mostAtOnce(received: readonly Pick<Received, 'atMs' | 'endMs'>[]): number {
  const events = received
    .flatMap(({ atMs, endMs = Infinity }) => [
      { atMs, by: 1 },
      { atMs: endMs, by: -1 },
    ])
    // One that ends makes room for one that begins in the same moment.
    .sort((a, b) => a.atMs - b.atMs || a.by - b.by);
  let now = 0;
  let most = 0;
  for (const { by } of events) most = Math.max(most, (now += by));
  return most;
}

/** The most of these moments in any sliding window. */
export function mostInAny(moments: readonly number[], windowMs: number): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let from = 0;
  let most = 0;
  for (const [to, atMs] of sorted.entries()) {
    while (atMs - sorted[from]! >= windowMs) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

function leftovers({ left }: Run): readonly Violation[] {
  return Object.entries(left).flatMap(([what, count]) =>
    count === 0 ? [] : [found('nothing left behind', `${count} ${what}`)],
  );
}
