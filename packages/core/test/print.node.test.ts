import { inspect, stripVTControlCharacters } from 'node:util';
import { explain, gate, layer, onSettled, rules, settled, text, traceOf, verdict, wait } from '@kyhooks/core';
import { type Reply, scriptedWire, type VirtualClock, virtualClock } from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
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

/** As a console with colours shows it; each kind of value in the place of its colour. */
function tones(shown: unknown): string {
  const print = (shown as Record<symbol, (depth: number, options: object) => string>)[
    Symbol.for('nodejs.util.inspect.custom')
  ]!;
  return print.call(shown, 2, { stylize: (part: string, kind: string) => `<${kind}>${part}</>` });
}

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
    expect(tones(record)).toMatchInlineSnapshot(`
      "<special>GET https://api.example.com/users/7</>  <string>ok</>, 2 attempts, 1000 ms
        1 <date>████                                    </>  <date>503</>  <undefined>headers 100 ms</>
          <undefined>↳</> <special>again</>: retry after 300 ms, status 503 is retryable
        2 <string>    ············████████▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒</>  <string>200</>  <undefined>waited 300 ms, headers 200 ms, body 400 ms</>
      <undefined>    · backoff   █ headers   ▒ body</>"
    `);
  });

  test('is good, warm or bad by how an attempt ended', async () => {
    const toned = async (replies: readonly Reply[], options: Options = {}): Promise<string> => {
      const { fetch } = scriptedWire(clock, { replies });
      const call = ky.create({ fetch, timeout: 500 }).extend(onSettled(() => undefined));
      return tones(
        traceOf(
          await clock.finish(
            call
              .get(url, { retry: 0, ...options })
              .then(async (response) => (await response.text(), response))
              .catch((thrown: unknown) => thrown),
          ),
        ),
      );
    };
    const off = { throwHttpErrors: false } as const;
    expect(await toned([{ afterMs: 5 }])).toMatchInlineSnapshot(`
      "<special>GET https://api.example.com/users/7</>  <string>ok</>, 1 attempt, 5 ms
        1 <string>████████████████████████████████████████</>  <string>200</>  <undefined>headers 5 ms</>
      <undefined>    █ headers</>"
    `);
    expect(await toned([{ status: 404, afterMs: 5 }], off)).toMatchInlineSnapshot(`
      "<special>GET https://api.example.com/users/7</>  <string>ok</>, 1 attempt, 5 ms
        1 <number>████████████████████████████████████████</>  <number>404</>  <undefined>headers 5 ms</>
      <undefined>    █ headers</>"
    `);
    expect(await toned([{ status: 400, afterMs: 5 }])).toMatchInlineSnapshot(`
      "<special>GET https://api.example.com/users/7</>  <date>failed (HTTPError)</>, 1 attempt, 5 ms
        1 <number>████████████████████████████████████████</>  <number>400</>  <undefined>headers 5 ms</>
      <undefined>    █ headers</>"
    `);
    expect(await toned([{ status: 500, afterMs: 5 }], off)).toMatchInlineSnapshot(`
      "<special>GET https://api.example.com/users/7</>  <string>ok</>, 1 attempt, 5 ms
        1 <date>████████████████████████████████████████</>  <date>500</>  <undefined>headers 5 ms</>
      <undefined>    █ headers</>"
    `);
    expect(await toned([{ hang: true }])).toMatchInlineSnapshot(`
      "<special>GET https://api.example.com/users/7</>  <date>failed (TimeoutError)</>, 1 attempt, 500 ms
        1 <date>████████████████████████████████████████</>  <date>TimeoutError</>  <undefined>headers 500 ms</>
      <undefined>    █ headers</>"
    `);
    const open = api.get(url);
    await (await wire.expect('GET /users/7')).open(200);
    expect(tones(traceOf(await open))).toMatchInlineSnapshot(`
      "<special>GET https://api.example.com/users/7</>  <number>answered</>, 1 attempt, 0 ms
        1 <string>█                                       </>  <string>200</>  <undefined>headers 0 ms</>
      <undefined>    █ headers</>"
    `);
  });

  test('of a call that waits shows what it waits for, and how long it did', async () => {
    let printed = '';
    const slow = layer({
      name: 'slow',
      places: [
        gate({
          stage: 'prepare',
          run: async ({ call, signal }) => {
            printed = tones(call);
            await wait(50, signal);
            call.decide('slow', 'note', 'has waited', 50);
          },
        }),
      ],
    });
    const call = api.extend(slow()).get(url);
    await clock.advance(50);
    expect(printed).toMatchInlineSnapshot(`
      "<special>GET https://api.example.com/users/7</>  <number>queued</>, 1 attempt, 0 ms
        1 <number>█                                       </>  <number>no answer yet</>  <undefined></>
      <undefined>    █ headers</>"
    `);
    const sent = await wire.expect('GET /users/7');
    await sent.respond(204);
    expect(String(traceOf(await call))).toMatchInlineSnapshot(`
      "GET https://api.example.com/users/7  ok, 1 attempt, 50 ms
        1 ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░█  204  headers 0 ms
          ↳ slow: note for 50 ms, has waited
          ░ queue   █ headers"
    `);
  });

  test('shows long times in seconds', async () => {
    const call = api.get(url, { timeout: false });
    const sent = await wire.expect('GET /users/7');
    await clock.advance(12_340);
    await sent.respond(204);
    expect(String(traceOf(await call))).toContain('ok, 1 attempt, 12.3 s\n');
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
    expect(tones(explanation)).toMatchInlineSnapshot(`
      "<special>tag</> <undefined>(settled)</>
        first  "a"
      <number>warning: tag: looks wrong</>"
    `);
  });

  test('shows groups of options whole, and not what was not given', () => {
    const grouped = layer<object>({
      name: 'grouped',
      places: [settled(() => undefined), verdict({ decide: () => undefined })],
    });
    const options = {
      bounds: { idle: 5, total: false },
      none: null,
      left: undefined,
      list: [1],
      made: new Map(),
    };
    expect(String(explain(ky.extend(grouped(options))))).toMatchInlineSnapshot(`
      "grouped (settled, verdict: decide)
        bounds  { idle: 5, total: false }
        none    null
        list    [1]
        made    an object"
    `);
    expect(String(explain(ky))).toBe('no layers');
    expect(explain(ky.create({ hooks: {} })).warnings).toEqual([]);
  });
});
