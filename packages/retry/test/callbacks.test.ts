import { traceOf } from '@kyhooks/core';
import { networkError, outcome } from '@kyhooks/testing';
import { describe, expect, test, vi } from 'vitest';
import { constant, type OnRetryState, type RetryState } from '../src/index.ts';
import { clientOf, newWorlds, plainWait, reasons } from './world.ts';

const world = newWorlds();
const client = clientOf(world);
const boom = (): never => {
  throw new RangeError('mine');
};

describe('backoff', () => {
  test('a function is told what happened', async () => {
    const told: unknown[] = [];
    const backoff = ({ call, error, response, retryCount }: RetryState): number => {
      told.push([call.attempts.length, error.name, response?.status, retryCount]);
      return 50;
    };
    const pending = client({ ...plainWait, backoff })
      .get('a')
      .text();
    await (await world.wire.expect('GET /a')).respond(503);
    await world.wire.expectNothing(49);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).fail(networkError('ECONNRESET'));
    await world.clock.advance(50);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
    expect(told).toEqual([
      [1, 'HTTPError', 503, 1],
      [2, 'NetworkError', undefined, 2],
    ]);
  });

  test.each([
    ['throws', boom],
    ['gives no number', () => 'soon' as never],
    ['gives NaN', () => Number.NaN],
    ['gives what lies in the past', () => -1],
    ['gives for ever', () => Infinity],
  ])('a function that %s is replaced by the default', async (_, backoff) => {
    const pending = client({ ...plainWait, backoff })
      .get('a')
      .text();
    await (await world.wire.expect('GET /a')).respond(503);
    await world.wire.expectNothing(299);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('a wait beyond what a timer holds does not misfire', async () => {
    const pending = outcome(client({ ...plainWait, backoff: () => 1e12 }).get('a'));
    await (await world.wire.expect('GET /a')).respond(503);
    await world.wire.expectNothing(2_147_483_646);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(404);
    expect(await pending).toMatchObject({ response: { status: 404 } });
  });
});

describe('jitter', () => {
  test.each([
    ['of your own', (wait: number) => wait / 3, 100],
    ['that gives no wait', () => -1, 300],
  ])('a function %s', async (_, jitter, expected) => {
    const pending = client({ jitter }).get('a').text();
    await (await world.wire.expect('GET /a')).respond(503);
    await world.wire.expectNothing(expected - 1);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('a function that throws breaks nothing, and the record says so', async () => {
    const pending = client({ jitter: boom }).get('a');
    await (await world.wire.expect('GET /a')).respond(503);
    await world.wire.expectNothing(299);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(200);
    expect(traceOf(await pending)?.decisions).toMatchObject([
      { layer: 'retry', verdict: 'threw', reason: 'jitter threw RangeError' },
      { layer: 'retry', verdict: 'retry' },
    ]);
  });

  test('decorrelated around a constant stays at it', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const pending = client({ jitter: 'decorrelated', backoff: constant(100) })
      .get('a')
      .text();
    for (let attempt = 0; attempt < 3; attempt++) {
      await (await world.wire.expect('GET /a')).respond(503);
      await world.wire.expectNothing(99);
      await world.clock.advance(1);
    }
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('decorrelated goes by the wait before', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const pending = client({ jitter: 'decorrelated' }).get('a').text();
    // 300 + half of (3 × the wait before − 300)
    for (const wait of [600, 1_050, 1_725]) {
      await (await world.wire.expect('GET /a')).respond(503);
      await world.wire.expectNothing(wait - 1);
      await world.clock.advance(1);
    }
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('decorrelated with a backoff that has no bounds starts from its wait', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const pending = client({ jitter: 'decorrelated', backoff: () => 80 })
      .get('a')
      .text();
    await (await world.wire.expect('GET /a')).respond(503);
    await world.wire.expectNothing(79);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });
});

describe('onRetry', () => {
  test('is told of each retry, before its wait', async () => {
    const told: unknown[] = [];
    const onRetry = ({ call, error, response, retryCount, delayMs, reason }: OnRetryState): void =>
      void told.push([call.attempts.length, error.name, response?.status, retryCount, delayMs, reason]);
    const pending = outcome(client({ ...plainWait, limit: 2, onRetry }).get('a'));
    await (await world.wire.expect('GET /a')).respond(503);
    expect(told).toEqual([[1, 'HTTPError', 503, 1, 300, 'status 503 is retryable']]);
    await world.clock.advance(300);
    await (await world.wire.expect('GET /a')).respond(429, { headers: { 'retry-after': '2' } });
    await world.clock.advance(2_000);
    await (await world.wire.expect('GET /a')).respond(503);
    await pending;
    expect(told.slice(1)).toEqual([
      [2, 'HTTPError', 429, 2, 2_000, 'status 429 is retryable, the server asks for a pause'],
    ]);
  });

  test.each([
    ['that are stopped by the limit', { limit: 0 }, {}],
    ['that do not fit', {}, { totalTimeout: 200 }],
    ['that the budget forbids', { budget: { ratio: 0, perSecond: 0 } }, {}],
    ['of what is not retryable', { statusCodes: [] }, {}],
  ])('is not told of retries %s', async (_, options, more) => {
    const onRetry = vi.fn<() => void>();
    const pending = outcome(client({ ...plainWait, ...options, onRetry }, more).get('a'));
    await (await world.wire.expect('GET /a')).respond(503);
    expect(await pending).toMatchObject({ response: { status: 503 } });
    expect(onRetry).not.toHaveBeenCalled();
  });

  test.each([
    ['throws', boom],
    ['rejects', () => Promise.reject(new RangeError('mine'))],
  ])('one that %s breaks nothing, and the record says so', async (_, onRetry) => {
    const pending = client({ ...plainWait, onRetry }).get('a');
    await (await world.wire.expect('GET /a')).respond(503);
    await world.clock.advance(300);
    await (await world.wire.expect('GET /a')).respond(200);
    expect(reasons(await pending)).toEqual([
      'threw: onRetry threw RangeError',
      'retry: status 503 is retryable',
    ]);
  });
});
