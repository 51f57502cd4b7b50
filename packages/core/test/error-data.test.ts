import { scriptedWire, type VirtualClock, virtualClock, watchedBody } from '@kyhooks/testing';
import { layer, verdict } from '@kyhooks/core';
import ky, { type HTTPError } from 'ky';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readErrorData } from '../src/error-data.ts';

let clock: VirtualClock;
beforeEach(() => void (clock = virtualClock()));
afterEach(() => clock.uninstall());

const megabytes = (count: number): Uint8Array<ArrayBuffer> => new Uint8Array(count * 1024 * 1024).fill(0x61);
const inChunks = (...chunks: readonly Uint8Array<ArrayBuffer>[]): ReadableStream =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const [first, ...rest] = bytes('"ü"');

test.each<[name: string, type: string | undefined, body: () => BodyInit | null]>([
  ['JSON', 'application/json', () => '{"code":"busy"}'],
  [
    'JSON in chunks that cut a letter',
    'application/json',
    () => inChunks(Uint8Array.of(first!, rest[0]!), Uint8Array.from(rest.slice(1))),
  ],
  ['JSON with a charset', 'application/json ; charset=utf-8', () => '[1]'],
  ['JSON in capitals', 'Application/JSON', () => '[1]'],
  ['a problem', 'application/problem+json', () => '{"title":"busy"}'],
  ['a vendor type', 'application/vnd.api.v1+json', () => '1'],
  ['another JSON', 'text/json', () => 'null'],
  ['JSON in a parameter only', 'text/plain; of=application/json;', () => '[1]'],
  ['JSON without a type', 'json', () => '[1]'],
  ['what only ends alike', 'application/notjson', () => '[1]'],
  ['what only begins alike', 'application/jsonp', () => '[1]'],
  ['lines of JSON', 'application/json-seq', () => '[1]'],
  ['JSON that is none', 'application/json', () => '{"code":'],
  ['empty JSON', 'application/json', () => ''],
  ['text', 'text/plain', () => 'busy'],
  ['no type', undefined, () => bytes('[1]')],
  ['empty text', 'text/plain', () => ''],
  ['no body', undefined, () => null],
  ['text that is cut within a letter', 'text/plain', () => inChunks(bytes('ü').slice(0, 1))],
  ['10 MB', 'text/plain', () => inChunks(megabytes(6), megabytes(4))],
  ['more than 10 MB', 'text/plain', () => inChunks(megabytes(6), megabytes(4), bytes('!'))],
])('reads the same as ky: %s', async (_, type, body) => {
  const respond = (): Response =>
    new Response(body(), { status: 503, ...(type && { headers: { 'content-type': type } }) });
  const error = await ky('https://api.test/', { fetch: async () => respond(), retry: 0 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(await readErrorData(respond())).toEqual((error as HTTPError).data);
  expect(clock.timers).toBe(0);
});

test('waits 10 s for a body that stalls, and lets it go', async () => {
  const body = watchedBody();
  body.push('half');
  const data = readErrorData(new Response(body.stream, { status: 503 }));
  await clock.advance(9_999);
  expect(body.state).toBe('unread');
  await clock.advance(1);
  expect(await data).toBeUndefined();
  expect(body.state).toBe('cancelled');
});

test('of a body that breaks nothing is known', async () => {
  const body = watchedBody();
  const data = readErrorData(new Response(body.stream, { status: 503 }));
  body.push('half');
  body.fail(new TypeError('terminated'));
  expect(await data).toBeUndefined();
  expect(clock.timers).toBe(0);
});

test('lets go a body that is too long', async () => {
  const body = watchedBody();
  const data = readErrorData(new Response(body.stream, { status: 503 }));
  for (let megabyte = 0; megabyte < 11; megabyte++) body.push('x'.repeat(1024 * 1024));
  expect(await data).toBeUndefined();
  expect(body.state).toBe('cancelled');
});

test("parses as ky does, with the user's own parser", async () => {
  const respond = (): Response => Response.json({ code: 'busy' }, { status: 503 });
  const parse = (text: string): unknown => text.length;
  const error = await ky('https://api.test/', {
    fetch: async () => respond(),
    retry: 0,
    parseJson: parse,
  }).catch((thrown: unknown) => thrown);
  expect(await readErrorData(respond(), parse)).toBe(15);
  expect((error as HTTPError).data).toBe(15);
});

test('a hook is shown it where ky would have thrown nothing', async () => {
  const again = layer({
    name: 'again',
    places: [verdict({ decide: () => ({ verdict: 'retry', delay: 0, reason: 'asked for' }) })],
  });
  let data: unknown;
  const { fetch } = scriptedWire(clock, { replies: [{ status: 503, json: { code: 'busy' } }] });
  const api = ky.extend(again()).extend({
    fetch,
    retry: 1,
    throwHttpErrors: false,
    parseJson: (text) => ({ text }),
    hooks: { beforeRetry: [({ error }) => void (data = (error as HTTPError).data)] },
  });
  const response = await clock.finish(api.get('https://api.test/'));
  expect(response.status).toBe(503);
  expect(data).toEqual({ text: '{"code":"busy"}' });
});

test('waits 10 s for a parser, as for a body', async () => {
  const never = new Promise(() => undefined);
  const data = readErrorData(Response.json({}, { status: 503 }), () => never);
  await clock.advance(9_999);
  expect(clock.timers).toBe(1);
  await clock.advance(1);
  expect(await data).toBeUndefined();
  expect(clock.timers).toBe(0);
});
