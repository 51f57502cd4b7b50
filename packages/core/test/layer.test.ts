import { scriptedWire, type ScriptedWire, virtualClock, type VirtualClock } from '@kyhooks/testing';
import ky, { type HTTPError, type InitHook, type KyInstance, type Options, replaceOption } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  compose,
  explain,
  gate,
  layer,
  onSettled,
  rules,
  settled,
  text,
  traceOf,
  version,
  wire as onWire,
} from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock, { replies: [{ json: { ok: true } }] });
});
afterEach(() => clock.uninstall());

interface TagOptions {
  readonly first?: string;
  readonly second?: string | undefined;
}
/** Shows the options in force in a header. */
const tag = layer<TagOptions>({
  name: 'tag',
  check: rules<TagOptions>({ first: text, second: text }),
  places: [
    gate({
      stage: 'prepare',
      run: ({ request }, options) => request.headers.append('x-tag', JSON.stringify(options)),
    }),
  ],
});
const mark = layer({
  name: 'mark',
  places: [
    onWire({
      stage: 'observe',
      run: ({ request }, next) => (request.headers.append('x-mark', 'mark'), next()),
    }),
  ],
});

const url = 'https://api.test/a';
const sent = async (api: KyInstance, options?: Options): Promise<unknown> => {
  await clock.finish(api.get(url, options));
  const { request } = wire.exchanges.at(-1)!;
  return { tag: request.headers.get('x-tag'), mark: request.headers.get('x-mark') };
};

describe('every way of giving fragments gives the same', () => {
  const bare = (): KyInstance => ky.create({ fetch: wire.fetch });
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    'extend, one by one': () =>
      sent(
        bare()
          .extend(tag({ first: 'a' }))
          .extend(mark()),
      ),
    'extend, the other way round': () =>
      sent(
        bare()
          .extend(mark())
          .extend(tag({ first: 'a' })),
      ),
    'extend by a spread of several': () => sent(bare().extend({ ...tag({ first: 'a' }), ...mark() })),
    'create by a spread of several': () =>
      sent(ky.create({ fetch: wire.fetch, ...mark(), ...tag({ first: 'a' }) })),
    'for one call': () => sent(bare(), { ...tag({ first: 'a' }), ...mark() }),
    'some for the instance, some for one call': () => sent(bare().extend(mark()), tag({ first: 'a' })),
    'compose, then extend': () => sent(bare().extend(compose(tag({ first: 'a' }), mark()))),
    'compose with ordinary options, then create': () =>
      sent(ky.create(compose({ fetch: wire.fetch }, mark(), tag({ first: 'a' })))),
    'compose for one call': () => sent(bare(), compose(mark(), tag({ first: 'a' }))),
    'extend by a function': () => sent(bare().extend(() => ({ ...tag({ first: 'a' }), ...mark() }))),
    'an instance that is extended from another': () =>
      sent(
        bare()
          .extend(tag({ first: 'a' }))
          .extend({ headers: {} })
          .extend(mark()),
      ),
  };
  for (const [name, give] of Object.entries(ways)) {
    test(name, async () => expect(await give()).toEqual({ tag: '{"first":"a"}', mark: 'mark' }));
  }
});

describe('refinement', () => {
  const base = (): KyInstance => ky.create({ fetch: wire.fetch }).extend(tag({ first: 'a', second: 'b' }));

  test('the same layer again merges over the earlier options and acts once', async () => {
    expect(await sent(base().extend(tag({ second: 'c' })))).toMatchObject({
      tag: '{"first":"a","second":"c"}',
    });
  });

  test('an option that is undefined erases nothing', async () => {
    expect(await sent(base(), tag({ second: undefined }))).toMatchObject({
      tag: '{"first":"a","second":"b"}',
    });
  });

  test('false removes the layer, and it can be put back with options of its own', async () => {
    expect(await sent(base(), tag(false))).toMatchObject({ tag: null });
    expect(await sent(base().extend(tag(false)), tag({ first: 'z' }))).toMatchObject({
      tag: '{"first":"z"}',
    });
  });

  test('a call refines for itself only', async () => {
    const api = base();
    await sent(api, tag({ first: 'once' }));
    expect(await sent(api)).toMatchObject({ tag: '{"first":"a","second":"b"}' });
  });

  test('changing the options object afterwards changes nothing', async () => {
    const options = { first: 'a' };
    const api = ky.create({ fetch: wire.fetch }).extend(tag(options));
    options.first = 'changed';
    expect(await sent(api)).toMatchObject({ tag: '{"first":"a"}' });
  });

  test('compose refines where spreading would let the last one win', async () => {
    const bare = ky.create({ fetch: wire.fetch });
    expect(await sent(bare, compose(tag({ first: 'a' }), tag({ second: 'b' })))).toMatchObject({
      tag: '{"first":"a","second":"b"}',
    });
    expect(await sent(bare, { ...tag({ first: 'a' }), ...tag({ second: 'b' }) })).toMatchObject({
      tag: '{"second":"b"}',
    });
  });
});

test('what fetch gets is what plain ky gives it: our keys are none of its business', async () => {
  const more = { dispatcher: 'a dispatcher' } as Options;
  await sent(
    ky
      .create({ fetch: wire.fetch, ...more })
      .extend(tag())
      .extend(mark()),
    onSettled(() => undefined),
  );
  expect(wire.exchanges.at(-1)!.init).toEqual({ dispatcher: 'a dispatcher' });
  await sent(ky.create({ fetch: wire.fetch, ...more }).extend(tag(false)));
  expect(wire.exchanges.at(-1)!.init).toEqual({ dispatcher: 'a dispatcher' });
});

test('a global fetch that is replaced later is seen', async () => {
  const { fetch } = globalThis;
  const api = ky.create(mark());
  globalThis.fetch = wire.fetch;
  try {
    expect(await sent(api)).toMatchObject({ mark: 'mark' });
  } finally {
    globalThis.fetch = fetch;
  }
});

test("a fetch that an init hook of the user's puts there is wrapped", async () => {
  const init = (options: Options): void => {
    options.fetch = wire.fetch;
  };
  expect(await sent(ky.create(mark()).extend({ hooks: { init: [init] } }))).toMatchObject({ mark: 'mark' });
});

test('a layer made with a core that does not fit is named with both versions', () => {
  const [entry] = Object.values(mark())[0] as unknown as [object];
  const foreign = Object.create(entry, { version: { value: '99.0.0' } }) as object;
  const api = ky.create({ fetch: wire.fetch }).extend({ ...mark(), 'kyhooks:mark': [foreign] } as Options);
  expect(() => void api.get(url)).toThrow(
    `mark comes with @kyhooks/core 99.0.0, which does not fit the ${version} in use`,
  );
});

describe('explain', () => {
  test('shows each layer with its stages and its options', () => {
    const api = ky
      .create({})
      .extend(mark())
      .extend(tag({ first: 'a' }));
    expect(String(explain(api, tag({ second: 'b' })))).toBe(
      'mark (wire: observe)\ntag (gate: prepare)\n  first   "a"\n  second  "b"',
    );
    expect(String(explain(ky))).toBe('no layers');
  });

  test('names a stage once, whatever a layer has in it', () => {
    const double = layer({
      name: 'double',
      places: [gate({ stage: 'sign', run: () => undefined }), gate({ stage: 'sign', run: () => undefined })],
    });
    expect(explain(ky.extend(double())).layers[0]?.stages).toEqual(['gate: sign']);
  });

  test('hides secrets', () => {
    const secret = layer<{ token: string }>({
      name: 'secret',
      check: rules({ token: { ...text, secret: true } }),
    });
    expect(explain(ky.extend(secret({ token: 'hunter2' }))).layers).toEqual([
      { name: 'secret', stages: [], options: { token: '<hidden>' } },
    ]);
  });

  test('warns when the layers do not run', () => {
    const dropped = 'no layer runs';
    const hooks = { beforeRequest: [] };
    expect(explain(ky.create({ ...mark(), hooks })).warnings.join()).toContain(dropped);
    expect(explain(ky.extend(mark()).extend({ hooks: replaceOption(hooks) })).warnings.join()).toContain(
      dropped,
    );
    expect(
      explain(ky.extend(mark()).extend({ hooks: { init: undefined } } as unknown as Options)).warnings.join(),
    ).toContain(dropped);
    expect(explain(ky.extend(mark())).warnings).toEqual([]);
  });

  test('does not warn of fragments that another copy of the package made', async () => {
    const { install } = (await import('../src/install.ts?copy')) as { install: InitHook };
    const fragment = mark();
    expect(fragment.hooks?.init).not.toContain(install);
    expect(explain(ky.create({ ...fragment, hooks: { init: [install] } })).warnings).toEqual([]);
  });
});

describe('traceOf', () => {
  test('gives the record of a response, of its clone in a hook, of an error; else nothing', async () => {
    const traces: unknown[] = [];
    const api = ky
      .create({
        fetch: wire.fetch,
        hooks: { afterResponse: [({ response }) => void traces.push(traceOf(response))] },
      })
      .extend(mark());
    const response = await clock.finish(api.get(url));
    expect(traceOf(response)).toBe(traces[0]);
    expect(traceOf(response)).toMatchObject({ method: 'GET', url, attempts: [{ number: 1, status: 200 }] });
    expect([traceOf(new Response()), traceOf(undefined), traceOf('text')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('a record has an id of its own and turns into JSON without secrets', async () => {
    const api = ky.create({ fetch: wire.fetch }).extend(mark());
    const [one, two] = await clock.finish(Promise.all([api.get(`${url}?sig=secret`), api.get(url)]));
    expect(traceOf(one)!.id).not.toBe(traceOf(two)!.id);
    const json = JSON.parse(JSON.stringify(traceOf(one))) as object;
    expect(json).toMatchObject({
      id: traceOf(one)!.id,
      url: `${url}?sig=REDACTED`,
      attempts: [{ status: 200 }],
    });
    expect(JSON.stringify(json)).not.toContain('secret');
  });
});

describe('a layer that throws where it only listens', () => {
  test('breaks nothing and is noted on the record', async () => {
    const loud = layer({
      name: 'loud',
      places: [
        settled(() => {
          throw new RangeError('loud');
        }),
      ],
    });
    const heard: unknown[] = [];
    const api = ky
      .create({ fetch: wire.fetch })
      .extend(loud())
      .extend(onSettled((call) => heard.push(call.outcome)));
    const response = await clock.finish(api.get(url));
    expect(await response.json()).toEqual({ ok: true });
    expect(traceOf(response)!.decisions).toMatchObject([
      { layer: 'loud', verdict: 'threw', reason: 'its listener threw RangeError' },
    ]);
    expect(heard).toEqual(['ok']);
  });

  test('onSettled adds listeners', async () => {
    const heard: string[] = [];
    const api = ky
      .create({ fetch: wire.fetch })
      .extend(onSettled(() => heard.push('one')))
      .extend(onSettled(() => heard.push('two')));
    await clock.finish(
      api
        .get(
          url,
          onSettled(() => heard.push('three')),
        )
        .text(),
    );
    expect(heard).toEqual(['one', 'two', 'three']);
  });
});

test("the options of layers are not printed with ky's, which hang on errors", async () => {
  const held = layer<{ token: string }>({ name: 'held' });
  const error: unknown = await ky
    .create({ fetch: async () => new Response(null, { status: 404 }) })
    .extend(held({ token: 'secret' }))
    .get(url)
    .catch((thrown: unknown) => thrown);
  expect(JSON.stringify((error as HTTPError).options)).toMatch(/kyhooks:held/);
  expect(JSON.stringify(error)).not.toMatch(/secret/);
});
