import { outcome } from '@kyhooks/testing';
import { layer } from '@kyhooks/core';
import type { Reply } from '@kyhooks/testing';
import { describe, expect, test, vi } from 'vitest';
import type { Jitter } from '../src/index.ts';
import { clientOf, newWorlds, plainWait, reasons } from './world.ts';

const world = newWorlds();
const client = clientOf(world);
const pausing = (value: string): Pick<Reply, 'headers'> => ({ headers: { 'retry-after': value } });

describe('a pause is never cut short', () => {
  test.each<[jitter: Jitter, value: string, draw: number, expected: number]>([
    ['full', '2', 0, 2_000],
    ['full', '2', 0.5, 2_150], // half of the backoff
    ['full', '20', 0.5, 21_000], // half of a tenth of the pause
    ['equal', '2', 0.5, 2_150],
    ['decorrelated', '2', 0.5, 2_150],
    ['full', '0', 0.5, 150],
    ['none', '2', 0.5, 2_000],
    [() => 5, '2', 0.5, 2_000],
  ])('jitter %s, Retry-After: %s, drawing %d: waits %d ms', async (jitter, value, draw, expected) => {
    vi.spyOn(Math, 'random').mockReturnValue(draw);
    const pending = client({ jitter }).get('a').text();
    await (await world.wire.expect('GET /a')).respond(503, pausing(value));
    await world.wire.expectNothing(expected - 1);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('callers that were told the same come back one by one', async () => {
    const pending = Array.from({ length: 20 }, (_, call) => client({}).get(`${call}`).text());
    for (let call = 0; call < 20; call++)
      await (await world.wire.expect(`GET /${call}`)).respond(429, pausing('10'));
    await world.wire.expectNothing(9_999);
    await world.clock.advance(1_001);
    const returns = world.wire.exchanges.slice(20).map(({ atMs }) => atMs);
    expect(returns).toHaveLength(20);
    expect(Math.max(...returns) - Math.min(...returns)).toBeGreaterThan(250);
    for (const exchange of world.wire.exchanges.slice(20)) await exchange.respond(200, { body: 'ok' });
    expect(await Promise.all(pending)).toEqual(Array.from({ length: 20 }, () => 'ok'));
  });
});

describe('a layer of the gate that keeps the pause itself', () => {
  const pacing = layer({
    name: 'pacing',
    configure: (_, __, call) => void (call.paced = true),
  });

  test('is left to it: the call goes back to the gate at once', async () => {
    const pending = client().extend(pacing()).get('a').text();
    await (await world.wire.expect('GET /a')).respond(429, pausing('5'));
    await world.clock.advance(0);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('waits without a pause are still kept here', async () => {
    const pending = client().extend(pacing()).get('a').text();
    await (await world.wire.expect('GET /a')).respond(429, pausing('0'));
    await world.clock.advance(0);
    await (await world.wire.expect('GET /a')).respond(503);
    await world.wire.expectNothing(599);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
    expect(await pending).toBe('ok');
  });

  test('a pause that does not fit ends the call at once all the same', async () => {
    const pending = outcome(client(plainWait, { totalTimeout: 4_000 }).extend(pacing()).get('a'));
    await (await world.wire.expect('GET /a')).respond(429, pausing('5'));
    expect(await pending).toMatchObject({ response: { status: 429 } });
    expect(reasons(await pending)).toEqual([
      'stop: status 429 is retryable, the server asks for a pause, but a pause of 5 s exceeds the remaining 4 s',
    ]);
  });
});

test("ky's afterStatusCodes say with which statuses a pause counts", async () => {
  const pending = client(plainWait, { retry: { afterStatusCodes: [429] } })
    .get('a')
    .text();
  await (await world.wire.expect('GET /a')).respond(503, pausing('5'));
  await world.clock.advance(300);
  await (await world.wire.expect('GET /a')).respond(429, pausing('5'));
  await world.wire.expectNothing(4_999);
  await world.clock.advance(1);
  await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
  expect(await pending).toBe('ok');
});

test('a pause is measured by the clock of the server', async () => {
  const pending = client().get('a').text();
  const headers = {
    'retry-after': 'Thu, 01 Jan 2026 08:00:04 GMT',
    date: 'Thu, 01 Jan 2026 08:00:00 GMT',
  };
  await (await world.wire.expect('GET /a')).respond(503, { headers });
  await world.wire.expectNothing(3_999);
  await world.clock.advance(1);
  await (await world.wire.expect('GET /a')).respond(200, { body: 'ok' });
  expect(await pending).toBe('ok');
});

describe("GitHub's secondary limit, named in the body alone, is not seen where ky does not read the body", () => {
  const json = { message: 'You have exceeded a secondary rate limit.' };

  test('a 403 is handed on, unread', async () => {
    const pending = client(plainWait, { throwHttpErrors: false }).get('a');
    await (await world.wire.expect('GET /a')).respond(403, { json });
    const response = await pending;
    expect(await response.json()).toEqual(json);
    expect(reasons(response)).toEqual(['stop: status 403 is not retryable without a pause']);
  });

  test('a 429 is retried by the backoff', async () => {
    const pending = client(plainWait, { throwHttpErrors: false }).get('a');
    await (await world.wire.expect('GET /a')).respond(429, { json });
    await world.clock.advance(300);
    await (await world.wire.expect('GET /a')).respond(200);
    expect((await pending).status).toBe(200);
  });

  test('with a field that says so it is', async () => {
    const pending = client(plainWait, { throwHttpErrors: false }).get('a');
    await (await world.wire.expect('GET /a')).respond(403, { json, ...pausing('60') });
    await world.wire.expectNothing(59_999);
    await world.clock.advance(1);
    await (await world.wire.expect('GET /a')).respond(200);
    expect((await pending).status).toBe(200);
  });
});
