import ky, { HTTPError, type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { traceOf } from '@kyhooks/core';
import {
  networkError,
  type ScriptedWire,
  scriptedWire,
  type VirtualClock,
  virtualClock,
} from '@kyhooks/testing';
import { constant, retry, type RetryOptions } from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
});
afterEach(() => clock.uninstall());

const client = (options?: RetryOptions | false, more: Options = {}): KyInstance =>
  ky
    .create({ baseUrl: 'https://api.test/', fetch: wire.fetch, timeout: false, ...more })
    .extend(retry(options));

/** The outcome of a promise that must not go unhandled while the clock is moved. */
const outcome = <Value>(promise: PromiseLike<Value>): Promise<Value | Error> =>
  Promise.resolve(promise).catch((error: Error) => error);

describe('what is sent again', () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504]) {
    test(`GET after ${status}`, async () => {
      const pending = client({ jitter: 'none' }).get('users/1').json();
      await (await wire.expect('GET /users/1')).respond(status);
      await wire.expectNothing(299);
      await clock.advance(1);
      await (await wire.expect('GET /users/1')).respond(200, { json: { id: 1 } });
      expect(await pending).toEqual({ id: 1 });
    });
  }
});

describe('throwHttpErrors: false', () => {
  test('retries all the same and hands the last response on, unread', async () => {
    const pending = client(
      { limit: 1, backoff: constant(100), jitter: 'none' },
      { throwHttpErrors: false },
    ).get('a');
    await (await wire.expect('GET /a')).respond(503, { body: 'first' });
    await clock.advance(100);
    await (await wire.expect('GET /a')).respond(503, { body: 'second' });
    const response = await pending;
    expect(response.status).toBe(503);
    expect(wire.bodies).toEqual(['cancelled', 'unread']);
    expect(await response.text()).toBe('second');
    expect(traceOf(response)?.decisions.map(({ verdict, reason }) => `${verdict}: ${reason}`)).toEqual([
      'retry: status 503 is retryable',
      'stop: status 503 is retryable, but the limit of 1 retries is reached',
    ]);
  });
});

test('network errors', async () => {
  const pending = outcome(client({ limit: 1, jitter: 'none' }).get('a'));
  await (await wire.expect('GET /a')).fail(networkError('ECONNRESET'));
  await clock.advance(300);
  await (await wire.expect('GET /a')).respond(404);
  expect(await pending).toBeInstanceOf(HTTPError);
});
