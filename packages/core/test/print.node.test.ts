import { inspect, stripVTControlCharacters } from 'node:util';
import { explain, layer, onSettled, rules, settled, text, traceOf, verdict } from '@kyhooks/core';
import { scriptedWire, type VirtualClock, virtualClock } from '@kyhooks/testing';
import ky, { type KyInstance } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const url = 'https://api.example.com/users/7';
let clock: VirtualClock;
let wire: ReturnType<typeof scriptedWire>;
let api: KyInstance;

beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
  const again = layer({
    name: 'again',
    places: [
      verdict({
        decide: ({ response }) =>
          response?.status === 503
            ? { verdict: 'retry', reason: 'status 503 is retryable', delay: 300 }
            : undefined,
      }),
      settled(() => undefined),
    ],
  });
  api = ky.create({ fetch: wire.fetch, retry: 3 }).extend(again());
});
afterEach(() => clock[Symbol.dispose]());

/** A call that is refused at first, then answered with a body that takes its time. */
async function eventful(): Promise<Response> {
  const call = api.get(url);
  const first = await wire.expect('GET /users/7');
  await clock.advance(100);
  await first.respond(503);
  await clock.advance(300);
  const second = await wire.expect('GET /users/7');
  await clock.advance(200);
  const body = await second.open(200);
  const response = await call;
  const read = response.text();
  await clock.advance(400);
  body.end();
  await clock.finish(read);
  return response;
}

describe('a record', () => {
  test('is a drawing in scale as text: a line for each attempt, and why there is another', async () => {
    expect(String(traceOf(await eventful()))).toMatchInlineSnapshot(`
      "GET https://api.example.com/users/7  ok, 2 attempts, 1000 ms
        1 ████                                      503  headers 100 ms
          ↳ again: retry after 300 ms, status 503 is retryable
        2     ············████████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒  200  waited 300 ms, headers 200 ms, body 400 ms
          · backoff   █ headers   ▒ body"
    `);
  });

  test('is the same in a console, with colours where the console has them', async () => {
    const record = traceOf(await eventful())!;
    expect(inspect(record)).toBe(String(record));
    const colored = inspect(record, { colors: true });
    expect(colored).not.toBe(String(record));
    expect(stripVTControlCharacters(colored)).toBe(String(record));
    expect(inspect({ record })).toContain('status 503 is retryable');
  });

  test('prints so for listeners too, at every moment of the call', async () => {
    const printed: string[] = [];
    const call = api.extend(onSettled((record) => printed.push(String(record)))).get(url);
    const sent = await wire.expect('GET /users/7');
    await clock.advance(50);
    await sent.respond(204);
    const response = await clock.finish(call);
    expect(printed).toEqual([String(traceOf(response))]);
    expect(printed[0]).toMatch(/^GET https:\S+ {2}ok, 1 attempt, 50 ms\n {2}1 █+ +204 {2}headers 50 ms\n/);
  });

  test('of a call that failed names the error; of one that goes on, where it stands', async () => {
    const call = api.get(url).catch((thrown: unknown) => thrown);
    const sent = await wire.expect('GET /users/7');
    await clock.advance(10);
    await sent.respond(404);
    const error: unknown = await clock.finish(call);
    expect(String(traceOf(error))).toMatch(/failed \(\w+\), 1 attempt, 10 ms\n {2}1 █+ +404 /);

    const open = api.get(url);
    await (await wire.expect('GET /users/7')).open(200);
    expect(String(traceOf(await open))).toMatch(/ {2}answered, 1 attempt, /);
  });

  test('keeps its properties, and its JSON', async () => {
    const record = traceOf(await eventful())!;
    expect(Object.keys(record)).not.toContain('toString');
    expect(JSON.parse(JSON.stringify(record))).toMatchObject({ method: 'GET', url, outcome: 'ok' });
  });
});

describe('an explanation', () => {
  interface TagOptions {
    readonly first?: string;
    readonly another?: string;
  }
  const tag = layer<TagOptions>({
    name: 'tag',
    check: rules<TagOptions>({ first: text, another: text }),
    places: [settled(() => undefined)],
    warnings: () => ['tag: looks wrong'],
  });

  test('has its options in columns, and its warnings at the end', () => {
    expect(String(explain(ky.extend(tag({ first: 'a', another: 'b' }))))).toBe(
      'tag (settled)\n  first    "a"\n  another  "b"\nwarning: tag: looks wrong',
    );
  });

  test('is the same in a console, with colours where the console has them', () => {
    const explanation = explain(ky.extend(tag({ first: 'a' })));
    expect(inspect(explanation)).toBe(String(explanation));
    const colored = inspect(explanation, { colors: true });
    expect(colored).not.toBe(String(explanation));
    expect(stripVTControlCharacters(colored)).toBe(String(explanation));
    expect(Object.keys(explanation)).toEqual(['layers', 'warnings']);
  });
});
