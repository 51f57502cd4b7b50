import { gate, layer, onSettled, traceOf, wait } from '@kyhooks/core';
import { networkError, type Reply, outcome } from '@kyhooks/testing';
import ky, { type Options } from 'ky';
import { describe, expect, test, vi } from 'vitest';
import { isMalformedBodyError, retry, type RetryOptions } from '../src/index.ts';
import { clientOf, newWorlds, plainWait, reasons } from './world.ts';

const world = newWorlds();
const client = clientOf(world);
const careful: RetryOptions = { ...plainWait, malformedBody: true };
const cutOff: Omit<Reply, 'status'> = { body: '{"id":', headers: { 'content-type': 'application/json' } };

test('what does not parse is retried', async () => {
  const seen: unknown[] = [];
  const onRetry: RetryOptions['onRetry'] = ({ error, reason }) =>
    void seen.push(isMalformedBodyError(error), reason);
  const pending = client({ ...careful, onRetry })
    .get('a')
    .json();
  await (await world.wire.expect('GET /a')).respond(200, cutOff);
  await world.clock.advance(300);
  await (await world.wire.expect('GET /a')).respond(200, { body: '<html>maintenance</html>' });
  await world.clock.advance(600);
  await (await world.wire.expect('GET /a')).respond(200, { json: { id: 1 } });
  expect(await pending).toEqual({ id: 1 });
  expect(seen).toEqual([true, 'the body is not valid JSON', true, 'the body is not valid JSON']);
});

test('a body that breaks is retried', async () => {
  const pending = client(careful).get('a').json();
  const body = await (await world.wire.expect('GET /a')).open(200);
  body.push('{"id":');
  await world.clock.settle();
  body.fail(Object.assign(networkError('UND_ERR_SOCKET'), { message: 'terminated' }));
  await world.clock.advance(300);
  await (await world.wire.expect('GET /a')).respond(200, { json: { id: 1 } });
  expect(await pending).toEqual({ id: 1 });
});

test('the record tells when the headers of an answer came that does not parse, of each attempt', async () => {
  const queue = layer({
    name: 'queue',
    places: [gate({ stage: 'admit', run: ({ signal }) => wait(20, signal) })],
  });
  const pending = outcome(
    client({ ...careful, limit: 1 })
      .extend(queue())
      .get('a')
      .json(),
  );
  for (const waitMs of [20, 320]) {
    await world.clock.advance(waitMs);
    const exchange = await world.wire.expect('GET /a');
    await world.clock.advance(40);
    const body = await exchange.open(200);
    body.push('{"id":');
    await world.clock.advance(7);
    body.end();
    await world.clock.settle();
  }
  expect(traceOf(await pending)?.attempts).toMatchObject([
    { gateMs: 20, headersMs: 40, status: 200, error: 'MALFORMED_BODY' },
    { gateMs: 20, headersMs: 40, status: 200, error: 'MALFORMED_BODY' },
  ]);
});

test('a body that stalls meets the bound of the attempt, and is retried', async () => {
  const pending = client(careful, { timeout: 1_000 }).get('a').json();
  await (await world.wire.expect('GET /a')).respond(200, { json: { id: 1 }, stall: true });
  await world.clock.advance(1_300);
  await (await world.wire.expect('GET /a')).respond(200, { json: { id: 1 } });
  expect(await pending).toEqual({ id: 1 });
});

test('with no retry left the error names what came, and has it', async () => {
  const error = outcome(
    client({ ...careful, limit: 0 })
      .get('a')
      .json(),
  );
  await (await world.wire.expect('GET /a')).respond(200, cutOff);
  expect(await error).toMatchObject({
    name: 'MalformedBodyError',
    message: 'The body of the response is not valid JSON',
    code: 'MALFORMED_BODY',
    isKyError: true,
    cause: { name: 'SyntaxError' },
    request: { method: 'GET' },
  });
  const thrown = await error;
  if (!isMalformedBodyError(thrown)) throw thrown;
  expect(await thrown.response.text()).toBe('{"id":');
  expect(traceOf(thrown)?.attempts).toMatchObject([{ status: 200, error: 'MALFORMED_BODY' }]);
  expect(reasons(thrown)).toEqual([
    'stop: the body is not valid JSON, but the limit of 0 retries is reached',
  ]);
});

describe('what is not read', () => {
  test.each<[name: string, options: Options, headers: Record<string, string>]>([
    ['who accepts anything', {}, { accept: '*/*' }],
    ['who accepts other types too', {}, { accept: 'application/json, text/plain' }],
    ['who accepts what is no JSON', {}, { accept: 'text/plain;of=application/json' }],
    ['who may not send twice', { method: 'POST', json: {} }, { accept: 'application/json' }],
    ['who sends a stream', { method: 'PUT', body: new Blob(['a']).stream() }, { accept: 'application/json' }],
  ])('the answer of one %s', async (_, options, headers) => {
    const pending = client(careful)('a', { method: 'GET', ...options, headers });
    await (await world.wire.expect(`${options.method ?? 'GET'} /a`)).respond(200, cutOff);
    const response = await pending;
    expect(world.wire.bodies).toEqual(['unread']);
    expect(await response.text()).toBe('{"id":');
  });

  test.each([
    [204, {}],
    [200, { body: '' }],
  ])('an answer of %d that is empty is the business of the caller', async (status, reply) => {
    const pending = client(careful).get('a', { headers: { accept: 'application/json' } });
    await (await world.wire.expect('GET /a')).respond(status, reply);
    expect(await (await pending).text()).toBe('');
  });

  test('an error, whose body is none of the JSON that was asked for', async () => {
    const pending = outcome(client(careful).get('a').json());
    await (await world.wire.expect('GET /a')).respond(404, { body: 'not here' });
    expect(await pending).toMatchObject({ name: 'HTTPError', data: 'not here' });
  });

  test('anything, by default', async () => {
    const pending = outcome(client().get('a').json());
    await (await world.wire.expect('GET /a')).respond(200, cutOff);
    expect(await pending).toBeInstanceOf(SyntaxError);
  });
});

test("ky's own parser decides what is malformed, and is told of request and response", async () => {
  const parseJson = vi.fn<NonNullable<Options['parseJson']>>((text) => {
    if (text === 'broken') throw new Error('no');
    return text;
  });
  const pending = client(careful, { parseJson }).get('a').json();
  await (await world.wire.expect('GET /a')).respond(200, { body: 'broken' });
  await world.clock.advance(300);
  await (await world.wire.expect('GET /a')).respond(200, { body: 'fine, though no JSON' });
  expect(await pending).toBe('fine, though no JSON');
  expect(parseJson.mock.calls[0]).toMatchObject([
    'broken',
    { request: { method: 'GET' }, response: { status: 200 } },
  ]);
});

describe('what is handed on', () => {
  test('says of itself what the answer said, is read once, and can be cloned', async () => {
    const clone = vi.spyOn(Response.prototype, 'clone');
    const tee = vi.spyOn(ReadableStream.prototype, 'tee');
    const headers = { accept: 'application/vnd.api+json; charset=utf-8' };
    const pending = client(careful).get('a', { headers });
    await (
      await world.wire.expect('GET /a')
    ).respond(201, { body: '\u{feff}{"id":1}', headers: { 'x-own': 'kept' } });
    const response = await pending;
    expect(response).toMatchObject({
      status: 201,
      url: 'https://api.test/a',
      redirected: false,
      bodyUsed: false,
    });
    expect(response.headers.get('x-own')).toBe('kept');
    const copy = response.clone();
    expect(copy.url).toBe('https://api.test/a');
    expect(await copy.clone().json()).toEqual({ id: 1 });
    expect(new Uint8Array(await response.arrayBuffer())).toHaveLength(11);
    expect(() => response.clone()).toThrow(TypeError);
    expect(world.wire.bodies).toEqual(['read']);
    expect(clone).not.toHaveBeenCalled();
    expect(tee).not.toHaveBeenCalled();
  });

  test('is listened to with its clones, as any other', async () => {
    const ended: unknown[] = [];
    const api = client(careful).extend(onSettled((call) => ended.push(call.outcome)));
    const shown = api.get('a', { onDownloadProgress: () => undefined }).json();
    await (await world.wire.expect('GET /a')).respond(200, { json: { id: 1 } });
    // ky hands on a clone then, and cancels the answer.
    expect(await shown).toEqual({ id: 1 });
    expect(ended).toEqual(['ok']);
    const pending = api.get('b', { headers: { accept: 'application/json' } });
    await (await world.wire.expect('GET /b')).respond(200, { json: { id: 2 } });
    const response = await pending;
    const copy = response.clone();
    expect(await response.json()).toEqual({ id: 2 });
    expect(ended).toEqual(['ok']);
    expect(await copy.json()).toEqual({ id: 2 });
    expect(ended).toEqual(['ok', 'ok']);
  });

  test("goes through the user's hooks and ends the call as any other", async () => {
    const seen: string[] = [];
    const api = ky
      .create({
        fetch: world.wire.fetch,
        hooks: { afterResponse: [({ response }) => void seen.push(response.url)] },
      })
      .extend(retry(careful));
    const pending = api.get('https://api.test/a').json();
    await (await world.wire.expect('GET /a')).respond(200, { json: { id: 1 } });
    expect(await pending).toEqual({ id: 1 });
    expect(seen).toEqual(['https://api.test/a']);
  });
});
