import {
  networkError,
  type ScriptedWire,
  scriptedWire,
  virtualClock,
  type VirtualClock,
  outcome,
} from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type CallRecord,
  layer,
  onSettled,
  traceOf,
  verdict,
  wait,
  wire as wirePlace,
} from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
let records: CallRecord[];
beforeEach(() => {
  clock = virtualClock();
  records = [];
});
afterEach(() => {
  vi.restoreAllMocks();
  clock.uninstall();
});

const url = 'https://api.test/a';
/** A fetch that does not heed its signal, as a poor one may. */
const deaf = (options: Options): KyInstance => {
  wire = scriptedWire(clock, { ignoreAbort: true });
  return ky.create({ fetch: wire.fetch, ...options }).extend(onSettled((record) => records.push(record)));
};
/** Thinks for 100 ms about each answer, and has nothing to say. */
const ponder = layer({
  name: 'ponder',
  places: [
    verdict({
      async decide({ response }) {
        if (response) await wait(100);
        return undefined;
      },
    }),
  ],
});

describe('an answer that comes when ky has given up on its attempt', () => {
  test('gives its body back, for nobody will read it', async () => {
    const error = clock.finish(outcome(deaf({ timeout: 50, retry: 0 }).get(url)));
    const exchange = await wire.expect('GET /a');
    await clock.advance(80);
    const body = await exchange.open(200);
    expect(body.state).toBe('cancelled');
    expect(traceOf(await error)).toMatchObject({ outcome: 'failed', attempts: [{ error: 'TimeoutError' }] });
    expect(traceOf(await error)?.attempts[0]?.status).toBeUndefined();
    expect(records.length).toBe(1);
  });

  test('is none of the attempt that follows; nor is a failure that comes so late', async () => {
    for (const late of ['answer', 'failure']) {
      const call = deaf({ timeout: 50, retry: { retryOnTimeout: true, limit: 1 } })
        .get(url)
        .text();
      const first = await wire.expect('GET /a');
      // 50 ms until the timeout, 300 of ky's own.
      await clock.advance(360);
      const second = await wire.expect('GET /a');
      if (late === 'answer') await first.respond(201, { body: 'late' });
      else await first.fail(networkError('ECONNRESET'));
      await clock.advance(10);
      await second.respond(200, { body: 'ok' });
      expect(await clock.finish(call)).toBe('ok');
      expect(records.at(-1)).toMatchObject({
        outcome: 'ok',
        attempts: [{ error: 'TimeoutError' }, { startMs: 350, headersMs: 20, status: 200 }],
      });
      expect(wire.bodies).toEqual(late === 'answer' ? ['cancelled', 'read'] : ['read']);
    }
  });
});

describe('an answer that layers still think about', () => {
  test('gives its body back where the call has ended meanwhile', async () => {
    const call = outcome(deaf({ timeout: 50, retry: 0, throwHttpErrors: false }).extend(ponder()).get(url));
    const body = await (await wire.expect('GET /a')).open(503);
    await clock.advance(200);
    expect(await call).toMatchObject({ name: 'TimeoutError' });
    expect(body.state).toBe('cancelled');
    expect(records.map((record) => record.outcome)).toEqual(['failed']);
  });

  test('gives its body back where another attempt is to follow', async () => {
    const api = deaf({ timeout: 50, retry: { retryOnTimeout: true, limit: 1 }, throwHttpErrors: false });
    const call = outcome(api.extend(ponder()).get(url).text());
    const body = await (await wire.expect('GET /a')).open(503);
    // Thought of until 100 ms, given up at 50, sent again at 350.
    await clock.advance(200);
    expect(body.state).toBe('cancelled');
    await clock.advance(160);
    await (await wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await clock.finish(call)).toBe('ok');
    expect(records).toMatchObject([
      { outcome: 'ok', attempts: [{ status: 503, error: 'TimeoutError' }, { status: 200 }] },
    ]);
  });

  test('gives its body back where the caller has aborted meanwhile', async () => {
    const controller = new AbortController();
    const call = outcome(
      deaf({ throwHttpErrors: false, signal: controller.signal }).extend(ponder()).get(url),
    );
    const body = await (await wire.expect('GET /a')).open(503);
    await clock.advance(50);
    controller.abort('mine');
    await clock.finish(call);
    expect(body.state).toBe('cancelled');
    expect(records.map((record) => record.outcome)).toEqual(['aborted']);
  });
});

test('an answer for whose body no time is left gives it back', async () => {
  let lostMs = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + lostMs);
  // The time is over while something else keeps the thread.
  const busy = layer({
    name: 'busy',
    places: [
      wirePlace({
        stage: 'observe',
        answered: () => {
          lostMs = 250;
        },
      }),
    ],
  });
  wire = scriptedWire(clock);
  const api = ky.create({ fetch: wire.fetch, totalTimeout: 200, timeout: false }).extend(busy());
  const call = outcome(api.get(url).text());
  const body = await (await wire.expect('GET /a')).open(200);
  expect(await clock.finish(call)).toMatchObject({ name: 'TimeoutError' });
  expect(body.state).toBe('cancelled');
});
