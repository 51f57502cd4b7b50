import { networkError, outcome } from '@kyhooks/testing';
import { expect, test } from 'vitest';
import type { RetryOptions } from '../src/index.ts';
import { clientOf, newWorlds, plainWait, reasons } from './world.ts';

const world = newWorlds();
const client = clientOf(world);
const strict: RetryOptions = { ...plainWait, budget: { ratio: 0.2, perSecond: 0 } };

/** Makes calls that succeed at once. */
async function succeed(count: number, api = client(strict)): Promise<void> {
  for (let call = 0; call < count; call++) {
    const pending = api.get('fine');
    await (await world.wire.expect('GET /fine')).respond(200);
    await pending;
  }
}

test('five calls pay for one retry; where nothing is left the call fails at once, and the record says why', async () => {
  await succeed(4);
  const paid = outcome(client(strict).get('a'));
  await (await world.wire.expect('GET /a')).respond(503);
  await world.clock.advance(300);
  await (await world.wire.expect('GET /a')).respond(503, { body: 'busy' });
  expect(await paid).toMatchObject({ name: 'HTTPError', data: 'busy' });
  expect(world.clock.elapsedMs).toBe(300);
  expect(reasons(await paid)).toEqual([
    'retry: status 503 is retryable',
    'stop: status 503 is retryable, but the budget is used up',
  ]);
});

test('it is one for all instances, and another for each origin', async () => {
  await succeed(5, client(strict, { headers: { 'x-instance': 'first' } }));
  const same = outcome(client(strict).get('a'));
  await (await world.wire.expect('GET /a')).fail(networkError('ECONNREFUSED'));
  await world.clock.advance(300);
  await (await world.wire.expect('GET /a')).respond(200);
  expect(await same).toMatchObject({ status: 200 });

  const other = outcome(client(strict).get('https://other.test/a'));
  await (await world.wire.expect('GET /a')).respond(503);
  await world.wire.expectNothing(60_000);
  expect(await other).toMatchObject({ response: { status: 503 } });
});

test('without one, nothing is counted', async () => {
  await succeed(50, client({ budget: false }));
  const pending = outcome(client(strict).get('a'));
  await (await world.wire.expect('GET /a')).respond(503);
  await world.wire.expectNothing(60_000);
  expect(await pending).toMatchObject({ response: { status: 503 } });
});

const answered = new WeakSet<Request>();

test('the floor is on by default: 100 retries in 10 s, and not one more', async () => {
  const pending = Array.from({ length: 60 }, (_, call) => outcome(client().get(`${call}`)));
  for (let round = 0; round < 4; round++) {
    const due = world.wire.exchanges.filter(({ request }) => !answered.has(request));
    for (const exchange of due) {
      answered.add(exchange.request);
      await exchange.respond(503);
    }
    await world.clock.advance(1_200);
  }
  await Promise.all(pending);
  // 60 calls bring 12 retries more.
  expect(world.wire.exchanges).toHaveLength(60 + 112);
});

test('budget: false turns it off', async () => {
  const pending = outcome(client({ ...plainWait, budget: false, limit: 200, backoff: () => 1 }).get('a'));
  for (let attempt = 0; attempt < 201; attempt++) {
    await (await world.wire.expect('GET /a')).respond(503);
    await world.clock.advance(1);
  }
  expect(await pending).toMatchObject({ response: { status: 503 } });
});

test('a retry that the limit or the deadline stops takes nothing', async () => {
  await succeed(4);
  for (const [options, more] of [
    [{ ...strict, limit: 0 }, {}],
    [strict, { totalTimeout: 100 }],
    [strict, { totalTimeout: 300 }],
  ] as const) {
    const stopped = outcome(client(options, more).get('a'));
    await (await world.wire.expect('GET /a')).respond(503);
    await stopped;
  }
  const pending = client(strict).get('a');
  await (await world.wire.expect('GET /a')).respond(503);
  await world.clock.advance(300);
  await (await world.wire.expect('GET /a')).respond(200);
  expect(await pending).toMatchObject({ status: 200 });
});
