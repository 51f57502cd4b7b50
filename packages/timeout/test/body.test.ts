import { onSettled, traceOf } from '@kyhooks/core';
import ky, { type KyInstance } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ScriptedWire, scriptedWire, type VirtualClock, virtualClock, outcome } from '@kyhooks/testing';
import {
  BodyTimeoutError,
  deadlineIn,
  isBodyTimeoutError,
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

const client = (body: TimeoutOptions['body'], more: TimeoutOptions = {}): KyInstance =>
  ky
    .create({ baseUrl: 'https://api.test/', fetch: wire.fetch, retry: 0 })
    .extend(timeout({ attempt: false, total: false, body, ...more } as TimeoutOptions));
/** Each way to read a body that was handed over; ky's own shortcuts read by `text()` and the like. */
const readers: Readonly<Record<string, (response: Response) => Promise<unknown>>> = {
  text: (response) => response.text(),
  json: (response) => response.json(),
  arrayBuffer: (response) => response.arrayBuffer(),
  blob: (response) => response.blob(),
  bytes: (response) => response.bytes(),
  'a reader': async ({ body }) => {
    const reader = body!.getReader();
    while (!(await reader.read()).done);
  },
  'for await': async ({ body }) => {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>)
      expect(chunk).toBeInstanceOf(Uint8Array);
  },
  'a clone': async (response) => Promise.all([response.clone().text(), response.text()]),
};

describe('idle', () => {
  for (const [name, read] of Object.entries(readers)) {
    test(`ends a read by ${name} that stalls, and the transfer`, async () => {
      const pending = outcome(client({ idle: 500 }).get('a?sig=secret').then(read));
      const body = await (await wire.expect('GET /a?sig=secret')).open(200);
      await clock.advance(400);
      body.push('{"a"');
      await clock.advance(400);
      body.push(':');
      await clock.advance(499);
      expect(body.state).toBe('unread');
      await clock.advance(1);
      const error = (await pending) as BodyTimeoutError;
      expect(error).toBeInstanceOf(BodyTimeoutError);
      expect(error).toMatchObject({
        name: 'TimeoutError',
        code: 'BODY_TIMEOUT',
        phase: 'body',
        limitMs: 500,
        elapsedMs: 500,
        attempt: 1,
        method: 'GET',
        url: 'https://api.test/a?sig=REDACTED',
      });
      expect(error.message).toBe(
        'The body timed out after 500 ms (reading the body): GET https://api.test/a?sig=REDACTED; the bound is `body.idle` of timeout()',
      );
      expect(isBodyTimeoutError(error)).toBe(true);
      expect(body.state).toBe('cancelled');
      expect(traceOf(error)?.attempts[0]).toMatchObject({ status: 200, error: 'BODY_TIMEOUT' });
      expect(clock.timers).toBe(0);
    });
  }

  test('never cuts a body that keeps moving, however long', async () => {
    const pending = outcome(
      client({})
        .get('a')
        .then((response) => response.text()),
    );
    const body = await (await wire.expect('GET /a')).open(200);
    for (let second = 0; second < 60; second++) {
      body.push('.');
      await clock.advance(1_000);
    }
    body.end();
    await clock.settle();
    expect(await pending).toHaveLength(60);
    expect(clock.timers).toBe(0);
  });

  test('does not count the time that the reader takes', async () => {
    const response = client({ idle: 500 }).get('a');
    const body = await (await wire.expect('GET /a')).open(200);
    const reader = (await response).body!.getReader();
    body.push('one');
    await reader.read();
    await clock.advance(60_000);
    expect(clock.timers).toBe(0);
    body.push('two');
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('two');
    const last = outcome(reader.read());
    await clock.advance(500);
    expect(await last).toMatchObject({ code: 'BODY_TIMEOUT' });
  });

  test('keeps no timer for a body that is never read, or no longer', async () => {
    const response = client({ idle: 500 }).get('a');
    const body = await (await wire.expect('GET /a')).open(200);
    const reader = (await response).body!.getReader();
    expect(clock.timers).toBe(0);
    const read = outcome(reader.read());
    await clock.settle();
    expect(clock.timers).toBe(1);
    await reader.cancel();
    await read;
    expect([clock.timers, body.state]).toEqual([0, 'cancelled']);
  });

  test('bounds download progress too', async () => {
    const pending = outcome(
      client({ idle: 500 })
        .get('a', { onDownloadProgress: () => undefined })
        .text(),
    );
    const body = await (await wire.expect('GET /a')).open(200, { 'content-length': '9' });
    body.push('half');
    await clock.advance(500);
    const error = await pending;
    // ky makes a response of a stream of its own; why that one broke, Chromium does not tell.
    expect(isBodyTimeoutError(error) || error instanceof TypeError).toBe(true);
    expect(body.state).toBe('cancelled');
  });

  test('is reported to who listens for the end of the call', async () => {
    const ends: unknown[] = [];
    const api = client({ idle: 500 }).extend(onSettled(({ outcome: end, error }) => ends.push([end, error])));
    const pending = outcome(api.get('a').text());
    await (await wire.expect('GET /a')).open(200);
    await clock.advance(500);
    await pending;
    expect(ends).toEqual([['failed', 'BODY_TIMEOUT']]);
  });

  test('is 30 s by default, also where a call names another bound only', async () => {
    const api = client({}).extend(timeout({ body: { idle: undefined, total: 300_000 } } as never));
    const pending = outcome(api.get('a', timeout({ total: false })).then((response) => response.text()));
    await (await wire.expect('GET /a')).open(200);
    await clock.advance(29_999);
    expect(clock.timers).toBe(1);
    await clock.advance(1);
    expect(await pending).toMatchObject({ code: 'BODY_TIMEOUT', limitMs: 30_000 });
  });
});

describe('total', () => {
  test('cuts a body that takes too long, though it moves', async () => {
    const pending = outcome(
      client({ idle: 500, total: 1_000 })
        .get('a')
        .then((response) => response.text()),
    );
    await clock.advance(300);
    const body = await (await wire.expect('GET /a')).open(200);
    for (let step = 0; step < 3; step++) {
      await clock.advance(300);
      body.push('.');
    }
    await clock.advance(99);
    expect(body.state).toBe('unread');
    await clock.advance(1);
    const error = (await pending) as BodyTimeoutError;
    expect(error).toMatchObject({ code: 'BODY_TIMEOUT', limitMs: 1_000, elapsedMs: 1_000 });
    expect(error.message).toContain('the bound is `body.total` of timeout()');
    expect(body.state).toBe('cancelled');
  });

  test('counts the time that the reader takes', async () => {
    const response = client({ total: 1_000 }).get('a');
    await (await wire.expect('GET /a')).open(200);
    const { body } = await response;
    await clock.advance(2_000);
    const read = outcome(body!.getReader().read());
    await clock.advance(0);
    expect(await read).toMatchObject({ code: 'BODY_TIMEOUT', elapsedMs: 2_000 });
  });
});

test.each<[bound: string, options: () => TimeoutOptions, code: string]>([
  ['body.total', () => ({ body: { total: 1_000 } }), 'BODY_TIMEOUT'],
  ['deadline', () => ({ deadline: deadlineIn(1_000) }), 'DEADLINE'],
])('a slow reader is cut by %s, though the bytes are always there before', async (_, options, code) => {
  const pending = client({}, options()).get('a');
  const body = await (await wire.expect('GET /a')).open(200);
  for (const text of ['one', 'two', 'three', 'four']) body.push(text);
  body.end();
  const reader = (await pending).body!.getReader();
  await reader.read();
  await clock.advance(999);
  await reader.read();
  await clock.advance(1);
  expect(await outcome(reader.read())).toMatchObject({ code, limitMs: 1_000, elapsedMs: 1_000 });
  expect([body.state, clock.timers]).toEqual(['cancelled', 0]);
});

test('the soonest bound ends the read, and gives its name', async () => {
  const deadline = deadlineIn(1_000);
  const pending = outcome(client({ idle: 500, total: 800 }, { deadline }).get('a').text());
  await (await wire.expect('GET /a')).open(200);
  await clock.advance(500);
  const error = (await pending) as BodyTimeoutError;
  expect(error).toMatchObject({ code: 'BODY_TIMEOUT', limitMs: 500 });
  expect(error.message).toContain('`body.idle`');
});

test('a call refines one bound of its instance', async () => {
  const api = client({ idle: 500, total: 800 });
  const pending = outcome(api.get('a', timeout({ body: { idle: 900 } })).text());
  await (await wire.expect('GET /a')).open(200);
  await clock.advance(800);
  expect(await pending).toMatchObject({ code: 'BODY_TIMEOUT', limitMs: 800 });
});

test('false turns the bounds off', async () => {
  for (const off of [false, { idle: false, total: false }] as const) {
    const pending = outcome(
      client(off)
        .get('a')
        .then((response) => response.text()),
    );
    const body = await (await wire.expect('GET /a')).open(200);
    await clock.advance(3_600_000);
    expect(clock.timers).toBe(0);
    body.push('late');
    body.end();
    expect(await pending).toBe('late');
  }
});

test('what the response tells stays true', async () => {
  const response = client({ idle: 500 }).get('a');
  await (await wire.expect('GET /a')).respond(200, { json: { a: 1 } });
  const { url, status, ok, redirected, type, headers } = await response;
  expect({ url, status, ok, redirected, type, kind: headers.get('content-type') }).toEqual({
    url: 'https://api.test/a',
    status: 200,
    ok: true,
    redirected: false,
    type: 'default',
    kind: 'application/json',
  });
  expect(await response).toBeInstanceOf(Response);
  expect(await (await response).clone().json()).toEqual({ a: 1 });
  expect(await (await response).json()).toEqual({ a: 1 });
});
