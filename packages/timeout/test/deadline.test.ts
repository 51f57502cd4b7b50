import { gate, layer, outOfTime, traceOf, wait } from '@kyhooks/core';
import ky, { type BeforeRetryHook, isTimeoutError, type KyInstance } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ScriptedWire, scriptedWire, type VirtualClock, virtualClock, outcome } from '@kyhooks/testing';
import {
  DeadlineError,
  deadlineAt,
  deadlineIn,
  isDeadlineError,
  timeout,
  type TimeoutOptions,
} from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
});
afterEach(() => clock.uninstall());

const client = (options: TimeoutOptions): KyInstance =>
  ky.create({ baseUrl: 'https://api.test/', fetch: wire.fetch, retry: 0 }).extend(timeout(options));
/** One permit, held by somebody else for a while. */
const queue = layer<{ readonly waitMs: number; readonly known?: boolean }>({
  name: 'queue',
  places: [
    gate({
      stage: 'admit',
      run(pass, { waitMs, known = false }) {
        if (known && waitMs >= pass.call.remainingMs) throw outOfTime(pass, 'queue', waitMs);
        return wait(waitMs, pass.signal);
      },
    }),
  ],
});

describe('one deadline for a workflow', () => {
  test('each call gets what the others have left', async () => {
    const order = client({ deadline: deadlineIn(1_000) });
    const first = outcome(order.get('a'));
    await clock.advance(600);
    await (await wire.expect('GET /a')).respond(200);
    expect(traceOf(await first)?.deadlineMs).toBe(1_000);
    const second = outcome(order.get('b'));
    const parallel = outcome(order.get('c').json());
    const exchange = await wire.expect('GET /b');
    await clock.advance(399);
    expect(exchange.aborted).toBe(false);
    await clock.advance(1);
    expect(exchange.aborted).toBe(true);
    const error = (await second) as DeadlineError;
    expect(error).toBeInstanceOf(DeadlineError);
    expect(isTimeoutError(error) && isDeadlineError(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'DEADLINE',
      phase: 'headers',
      limitMs: 1_000,
      elapsedMs: 1_000,
      attempt: 1,
    });
    expect(error.message).toBe(
      'The workflow timed out after 1000 ms (waiting for headers): GET https://api.test/b; the bound is `deadline` of timeout()',
    );
    expect(await parallel).toMatchObject({ code: 'DEADLINE' });
    expect(clock.timers).toBe(0);
  });

  test('sends nothing when it has passed', async () => {
    const order = client({ deadline: deadlineIn(100) });
    await clock.advance(100);
    expect(await clock.finish(outcome(order.get('a')))).toMatchObject({
      code: 'DEADLINE',
      phase: 'queued',
      attempt: 0,
    });
    await wire.expectNothing();
  });

  test('met in a queue, it names the phase, and nothing is sent', async () => {
    const api = client({ deadline: deadlineIn(500) }).extend(queue({ waitMs: 900 }));
    const pending = outcome(api.get('a'));
    await clock.advance(500);
    expect(await pending).toMatchObject({ code: 'DEADLINE', phase: 'queued', elapsedMs: 500 });
    await wire.expectNothing(1_000);
  });

  test('a wait that is known not to fit is refused at once', async () => {
    const api = client({ deadline: deadlineIn(500) }).extend(queue({ waitMs: 900, known: true }));
    const error = (await clock.finish(outcome(api.get('a')))) as DeadlineError;
    expect(error).toMatchObject({ code: 'DEADLINE', phase: 'queued', limitMs: 500, elapsedMs: 0 });
    expect(error.message).toContain('The workflow cannot be over within 500 ms (waiting to be sent)');
    expect(clock.elapsedMs).toBe(0);
    await wire.expectNothing();
    expect(traceOf(error)?.decisions).toMatchObject([
      { layer: 'queue', verdict: 'refused', reason: 'a wait of 900 ms exceeds the remaining 500 ms' },
    ]);
  });

  test('under a total the same refusal names the total', async () => {
    const api = client({ attempt: 100, total: 500 }).extend(queue({ waitMs: 900, known: true }));
    expect(await clock.finish(outcome(api.get('a')))).toMatchObject({
      code: 'TOTAL_TIMEOUT',
      phase: 'queued',
    });
  });

  test('900 ms in a queue do not count towards an attempt of 300 ms', async () => {
    const api = client({ attempt: 300 }).extend(queue({ waitMs: 900 }));
    const pending = outcome(api.get('a').text());
    await clock.advance(900);
    const exchange = await wire.expect('GET /a');
    await clock.advance(299);
    await exchange.respond(200, { body: 'in time' });
    expect(await pending).toBe('in time');
  });

  test('cuts a body that was handed over, though it moves', async () => {
    const pending = outcome(
      client({ deadline: deadlineIn(1_000) })
        .get('a')
        .then((response) => response.text()),
    );
    const body = await (await wire.expect('GET /a')).open(200);
    for (let step = 0; step < 9; step++) {
      await clock.advance(100);
      body.push('.');
    }
    await clock.advance(100);
    expect(await pending).toMatchObject({ code: 'DEADLINE', phase: 'body', elapsedMs: 1_000 });
    expect(body.state).toBe('cancelled');
  });

  test('holds across instances, and beside the total of a call', async () => {
    const deadline = deadlineIn(1_000);
    const one = client({ deadline });
    const other = client({ attempt: 100, total: 400, deadline });
    const pending = [outcome(one.get('a')), outcome(other.get('b', timeout({ attempt: false })))];
    await clock.advance(400);
    expect(await pending[1]).toMatchObject({ code: 'TOTAL_TIMEOUT', limitMs: 400 });
    await clock.advance(600);
    expect(await pending[0]).toMatchObject({ code: 'DEADLINE' });
  });

  test('a later deadline cannot extend an earlier one; false lifts it', async () => {
    const remains = async (inner: TimeoutOptions): Promise<unknown> => {
      const pending = outcome(client({ deadline: deadlineIn(1_000) }).get('a', timeout(inner)));
      await (await wire.expect('GET /a')).respond(200);
      return traceOf(await pending)?.deadlineMs;
    };
    expect(await remains({ deadline: deadlineIn(5_000) })).toBe(1_000);
    expect(await remains({ deadline: deadlineIn(200) })).toBe(200);
    expect(await remains({ deadline: false })).toBe(30_000);
    expect(await remains({ attempt: 100 })).toBe(1_000);
  });

  test('counts from when it is made', async () => {
    await clock.advance(3_000);
    const deadline = deadlineIn(1_000);
    expect(deadline).toMatchObject({ limitMs: 1_000, elapsedMs: 0, remainingMs: 1_000 });
    await clock.advance(400);
    expect(deadline).toMatchObject({ limitMs: 1_000, elapsedMs: 400, remainingMs: 600 });
  });

  test('by a date', async () => {
    const deadline = deadlineAt(new Date(Date.now() + 700));
    expect(deadline.remainingMs).toBeCloseTo(700, -1);
    await clock.advance(1_000);
    expect(deadline.remainingMs).toBeCloseTo(-300, -1);
    expect(deadlineAt(Date.now() - 5_000)).toMatchObject({ limitMs: 0 });
    for (const wrong of [new Date('nonsense'), NaN, '2026-01-01', '5', undefined])
      expect(() => deadlineAt(wrong as Date)).toThrow(/deadlineAt\(\) .*\n.*date must be a valid Date/);
    for (const wrong of [-1, NaN, undefined])
      expect(() => deadlineIn(wrong as number)).toThrow(
        /deadlineIn\(\) .*\n.*milliseconds must be a number of milliseconds from 0/,
      );
  });
});

test('a deadline further away than a timer can wait bounds the call all the same', async () => {
  const deadline = deadlineAt(Date.now() + 40 * 24 * 3_600_000);
  const call = client({ total: false, deadline }).get('a').text();
  await (await wire.expect('GET /a')).respond(200, { body: 'ok' });
  expect(await clock.finish(call)).toBe('ok');
});

describe('propagate', () => {
  const sent = async (
    propagate: TimeoutOptions['propagate'],
    url = 'a',
    waitMs = 0,
  ): Promise<string | null> => {
    const api = client({
      attempt: false,
      total: 2_000,
      ...(propagate !== undefined && { propagate }),
    }).extend(queue({ waitMs }));
    const pending = outcome(api.get(url));
    await clock.advance(waitMs);
    const exchange = wire.exchanges.at(-1)!;
    await exchange.respond(200);
    await pending;
    return exchange.request.headers.get('x-timeout-ms');
  };
  const header = 'x-timeout-ms';

  test('tells what remains when the request is sent', async () => {
    expect(await sent(undefined)).toBe(null);
    expect(await sent({ header })).toBe('2000');
    expect(await sent({ header }, 'a', 500)).toBe('1500');
    expect(await sent({ header, format: (ms) => `${ms}m` })).toBe('2000m');
  });

  test('only where it is allowed', async () => {
    expect(await sent({ header }, 'https://elsewhere.test/')).toBe(null);
    expect(await sent({ header, origins: ['https://elsewhere.test'] }, 'https://elsewhere.test/')).toBe(
      '2000',
    );
    expect(await sent({ header, origins: ['https://elsewhere.test'] })).toBe(null);
  });

  test('and goes nowhere else with a request that a hook sends there', async () => {
    const elsewhere: BeforeRetryHook = ({ request }) => new Request('https://elsewhere.test/', request);
    const api = client({ attempt: false, total: 2_000, propagate: { header } });
    const pending = outcome(api.get('a', { retry: 1, hooks: { beforeRetry: [elsewhere] } }));
    await (await wire.expect('GET /a')).respond(503);
    await clock.advance(300);
    const exchange = await wire.expect('GET /');
    await exchange.respond(200);
    await pending;
    expect(exchange.request.headers.has(header)).toBe(false);
  });

  test('but leaves there what the user sends there', async () => {
    const api = client({ attempt: false, total: 2_000, propagate: { header } });
    const pending = outcome(api.get('https://elsewhere.test/b', { headers: { [header]: 'mine' } }));
    const exchange = await wire.expect('GET /b');
    await exchange.respond(200);
    await pending;
    expect(exchange.request.headers.get(header)).toBe('mine');
  });

  test('tells nothing without a bound', async () => {
    const pending = outcome(client({ attempt: false, total: false, propagate: { header } }).get('a'));
    const exchange = await wire.expect('GET /a');
    await exchange.respond(200);
    await pending;
    expect(exchange.request.headers.get(header)).toBe(null);
  });
});
