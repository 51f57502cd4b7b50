import { scriptedWire, type ScriptedWire, virtualClock, type VirtualClock } from '@kyhooks/testing';
import ky, { isHTTPError, isTimeoutError } from 'ky';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Call, gate, layer, outOfTime, traceOf, verdict, wait } from '../src/index.ts';
import { tooLong } from '../src/time-left.ts';

let clock: VirtualClock;
let server: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  server = scriptedWire(clock, { replies: [{ status: 503, body: 'busy' }, { json: { ok: true } }] });
});
afterEach(() => clock.uninstall());

/** Lets calls in after a while, as a queue does; the first pass may go at once. */
const queue = layer<{ readonly waitMs: number; readonly first?: boolean }>({
  name: 'queue',
  places: [
    gate({
      stage: 'admit',
      async run(pass, { waitMs, first = false }) {
        if (pass.attempt.number === 1 && !first) return;
        if (waitMs >= pass.call.remainingMs) throw outOfTime(pass, 'queue', waitMs);
        await wait(waitMs, pass.signal);
      },
    }),
  ],
});
const url = 'https://api.test/a';
const thrown = (call: Promise<unknown>): Promise<Error> =>
  clock.finish(
    call.then(
      () => new Error('it did not fail'),
      (error: Error) => error,
    ),
  );

test('a first wait that does not fit is refused at once, with a timeout', async () => {
  const api = ky
    .create({ fetch: server.fetch, totalTimeout: 1_000 })
    .extend(queue({ waitMs: 1_500, first: true }));
  const error = await thrown(api.get(url));
  expect(isTimeoutError(error)).toBe(true);
  expect(clock.elapsedMs).toBe(0);
  expect(server.exchanges).toEqual([]);
  expect(traceOf(error)?.decisions).toEqual([
    { attempt: 1, layer: 'queue', verdict: 'refused', reason: 'a wait of 1.5 s exceeds the remaining 1 s' },
  ]);
});

test('a later wait that does not fit gives the outcome at hand', async () => {
  const api = ky
    .create({ fetch: server.fetch, totalTimeout: 1_000, retry: { delay: () => 100 } })
    .extend(queue({ waitMs: 1_500 }));
  const error = await thrown(api.get(url));
  expect(isHTTPError(error) && error.response.status).toBe(503);
  expect(isHTTPError(error) && error.data).toBe('busy');
  expect(clock.elapsedMs).toBe(100);
  expect(traceOf(error)).toMatchObject({ outcome: 'failed' });
});

test('a pause that a layer keeps in the gate counts as a wait', async () => {
  const paced = layer({
    name: 'paced',
    configure: (_, __, call) => {
      call.paced = true;
    },
    places: [
      verdict({
        decide: ({ call }) => {
          call.notBeforeMs = call.elapsedMs + 5_000;
          return { verdict: 'retry', delay: 0, reason: 'the gate keeps the pause' };
        },
      }),
    ],
  });
  const error = await thrown(
    ky.create({ fetch: server.fetch, totalTimeout: 1_000 }).extend(paced()).get(url),
  );
  expect(isHTTPError(error) && error.response.status).toBe(503);
  expect(clock.elapsedMs).toBe(0);
  expect(traceOf(error)?.decisions.at(-1)?.reason).toBe(
    'the gate keeps the pause, but a pause of 5 s exceeds the remaining 1 s',
  );
});

test.each<
  [elapsedMs: number, remainingMs: number, notBeforeMs: number | undefined, delayMs: number, why?: string]
>([
  [100, 500, undefined, 499],
  [100, 500, undefined, 500, 'a pause of 500 ms exceeds the remaining 500 ms'],
  [100, 1_000, undefined, 1_500, 'a pause of 1.5 s exceeds the remaining 1 s'],
  [100, 500, 599, 0],
  [100, 500, 600, 0, 'a pause of 500 ms exceeds the remaining 500 ms'],
  [100, -5, undefined, 0, 'a pause of 0 ms exceeds the remaining 0 ms'],
])(
  'at %d ms with %d ms left, not before %s, a pause of %d ms',
  (elapsedMs, remainingMs, notBeforeMs, delayMs, why) => {
    const call = { elapsedMs, remainingMs, ...(notBeforeMs !== undefined && { notBeforeMs }) } as Call;
    expect(tooLong(call, delayMs)).toBe(why);
  },
);
