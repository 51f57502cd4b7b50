import {
  type BodyState,
  networkError,
  type Reply,
  scriptedWire,
  type ScriptedWire,
  virtualClock,
} from '@kyhooks/testing';
import ky, { type AfterResponseHook, type HTTPError, type KyInstance, type Options } from 'ky';
import { describe, expect, test, vi } from 'vitest';
import { type CallRecord, gate, layer, onSettled, traceOf, verdict, wait } from '../src/index.ts';

const url = 'https://api.test/a';
/** Has a say in nothing. */
const silent = layer({ name: 'silent', places: [verdict({ decide: () => undefined })] });
/** Holds back what is sent again. */
const holdingResends = layer({
  name: 'waiting',
  places: [
    gate({
      stage: 'admit',
      run: ({ attempt, signal }) => (attempt.number > 1 ? wait(5_000, signal) : undefined),
    }),
  ],
});
const passing = layer({ name: 'passing', places: [gate({ stage: 'admit', run: () => undefined })] });

interface Played {
  readonly end: unknown;
  readonly record: CallRecord | undefined;
  /** Every end that listeners were told of. */
  readonly ended: readonly unknown[];
  readonly wire: ScriptedWire;
  readonly sent: readonly string[];
}

async function play(
  replies: readonly Reply[],
  options: Options,
  call: (api: KyInstance) => Promise<unknown> = (api) => api.get(url).text(),
  layers: readonly Options[] = [silent(), passing()],
): Promise<Played> {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies });
  const ended: unknown[] = [];
  let record: CallRecord | undefined;
  let api = ky.create({ fetch: wire.fetch, ...options }).extend(
    onSettled((settled) => {
      record = settled;
      ended.push(settled.outcome);
    }),
  );
  for (const fragment of layers) api = api.extend(fragment);
  const end = await clock.finish(call(api).catch((error: unknown) => error));
  // What is still on its way may not end the call a second time.
  await clock.advance(10_000);
  const sent = wire.exchanges.map(({ atMs, request }) => `${atMs} ${request.url}`);
  return { end, record, ended, wire, sent };
}

test.each<[string, readonly Reply[], unknown]>([
  ['an answer', [{ status: 503 }, { body: 'ok' }], 'ok'],
  ['an error', [{ status: 503 }, { status: 404 }], { name: 'HTTPError', response: { status: 404 } }],
])('an init hook that empties the hooks leaves the layers in place: %s', async (_, replies, expected) => {
  const init = (options: Options): void => {
    options.hooks = {};
  };
  const emptying: Options = { hooks: { init: [init] } };
  const removing: Options = { hooks: { init: [(options) => void delete options.hooks] } };
  for (const layers of [[], [silent(), passing()]]) {
    // Behind the layers, and before them.
    for (const [first, last] of [
      [{}, emptying],
      [emptying, {}],
      [removing, {}],
    ] as const) {
      const { end, ended, record } = await play(
        replies,
        first,
        (api) => api.extend(last).get(url).text(),
        layers,
      );
      expect({ end }).toMatchObject({ end: expected });
      expect(ended).toEqual([expected === 'ok' ? 'ok' : 'failed']);
      expect(record?.attempts.length).toBe(2);
    }
  }
});

describe('a beforeRequest hook', () => {
  test('that throws ends the call, whose record names the request', async () => {
    const { end, record, ended } = await play([], {
      hooks: {
        beforeRequest: [
          () => {
            throw new RangeError('a hook');
          },
        ],
      },
    });
    expect(end).toMatchObject({ message: 'a hook' });
    expect(ended).toEqual(['failed']);
    expect(record).toMatchObject({ method: 'GET', url, error: 'RangeError', attempts: [] });
  });

  test('that throws: the error that beforeError makes of it is the one of the record', async () => {
    const { end, record } = await play([], {
      hooks: {
        beforeRequest: [
          () => {
            throw new RangeError('a hook');
          },
        ],
        beforeError: [({ error }) => new SyntaxError(`made of ${error.name}`)],
      },
    });
    expect(end).toMatchObject({ message: 'made of RangeError' });
    expect(traceOf(end)).toBe(record);
    expect(record).toMatchObject({ error: 'SyntaxError', outcome: 'failed' });
  });

  test('that answers ends the call when its body is read', async () => {
    const answer = new Response('cached');
    const { end, ended, wire, record } = await play([], { hooks: { beforeRequest: [() => answer] } });
    expect([end, ended, wire.exchanges, record?.attempts]).toEqual(['cached', ['ok'], [], []]);
    expect(traceOf(answer)).toBe(record);
  });

  test('that answers with a body that stalls runs into the timeout', async () => {
    const { end, ended } = await play([], {
      timeout: 100,
      hooks: { beforeRequest: [() => new Response(new ReadableStream())] },
    });
    expect(end).toMatchObject({ name: 'TimeoutError' });
    expect(ended).toEqual(['failed']);
  });

  test.each<[string, readonly Options[]]>([
    ['no hook', []],
    ['a hook that returns nothing', [{ hooks: { beforeRequest: [() => undefined] } }]],
  ])('leaves the first wait in the gate to the signal of the request: %s', async (_, more) => {
    let signals: readonly AbortSignal[] = [];
    const waiting = layer({
      name: 'waiting',
      places: [
        gate({
          stage: 'admit',
          run({ signal, request }) {
            signals = [signal, request.signal];
          },
        }),
      ],
    });
    const { signal } = new AbortController();
    await play([{}], { signal }, undefined, [...more, waiting()]);
    expect(signals[0]).toBe(signals[1]);
  });
});

describe('a wait in the gate for a request that a hook has put there', () => {
  test('ends soon after the total is over, for which nobody waits any more', async () => {
    const ends: unknown[] = [];
    const waiting = layer({
      name: 'waiting',
      places: [
        gate({
          stage: 'admit',
          async run({ signal, call }) {
            try {
              await wait(5_000, signal);
            } catch (error) {
              ends.push([call.elapsedMs, (error as Error).name]);
              throw error;
            }
          },
        }),
      ],
    });
    const told: string[] = [];
    const { end, ended } = await play(
      [],
      {
        totalTimeout: 1_000,
        // Its signal is none of ky's.
        hooks: {
          beforeRequest: [() => new Request('https://api.test/b')],
          beforeError: [({ error }) => (told.push(error.name), error)],
        },
        signal: new AbortController().signal,
      },
      undefined,
      [waiting()],
    );
    expect(end).toMatchObject({ name: 'TimeoutError' });
    expect(ends).toEqual([[1_050, 'AbortError']]);
    expect([ended, told]).toEqual([['failed'], ['TimeoutError']]);
  });
});

describe('a beforeRetry hook', () => {
  test.each<[string, readonly Options[]]>([
    ['without a verdict', []],
    ['with one', [silent()]],
  ])('sees what ky would show it, and the record says that ky retries: %s', async (_, layers) => {
    const seen: unknown[] = [];
    const { record } = await play(
      [{ status: 503 }, { error: networkError('ECONNRESET') }, {}],
      {
        hooks: {
          beforeRetry: [
            ({ error, retryCount, request }) => void seen.push([error.name, retryCount, request.url]),
          ],
        },
      },
      undefined,
      layers,
    );
    expect(seen).toEqual([
      ['HTTPError', 1, url],
      ['NetworkError', 2, url],
    ]);
    expect(record?.decisions).toStrictEqual([
      { attempt: 1, layer: 'ky', verdict: 'retry', reason: "by ky's own rules" },
      { attempt: 2, layer: 'ky', verdict: 'retry', reason: "by ky's own rules" },
    ]);
  });

  test('is no news to the record where a verdict has said it, and is where a layer has noted something else', async () => {
    const deciding = layer({
      name: 'deciding',
      places: [
        verdict({
          decide({ call, retryCount }) {
            if (retryCount === 0) return { verdict: 'retry', delay: 0, reason: 'once' };
            call.decide('deciding', 'seen', 'twice');
            return undefined;
          },
        }),
      ],
    });
    const { record } = await play([{ status: 503 }, { status: 503 }, {}], {}, undefined, [deciding()]);
    expect(record?.decisions.map(({ layer: by, verdict: word }) => `${by} ${word}`)).toEqual([
      'deciding retry',
      'deciding seen',
      'ky retry',
    ]);
  });

  test('is shown the options as ky shows them, also on an error that ky would not have thrown', async () => {
    const again = layer({
      name: 'again',
      places: [
        verdict({
          decide: ({ retryCount }) =>
            retryCount === 0 ? { verdict: 'retry', delay: 0, reason: 'once' } : undefined,
        }),
      ],
    });
    const seen: unknown[] = [];
    for (const throwHttpErrors of [true, false]) {
      await play(
        [{ status: 503 }, {}],
        {
          throwHttpErrors,
          hooks: {
            beforeRetry: [
              ({ error, options }) => void seen.push((error as { options?: unknown }).options === options),
            ],
          },
        },
        undefined,
        [again()],
      );
    }
    expect(seen).toEqual([true, true]);
  });

  test.each<[gives: string, hook: (held: Response) => Response, body: string, state: BodyState]>([
    ['its own answer: the one at hand gives its body back', () => new Response('mine'), 'mine', 'cancelled'],
    ['the answer at hand', (held) => held, 'at', 'unread'],
    ['another one with the body at hand', ({ body }) => new Response(body), 'at', 'unread'],
  ])('that gives, for a status that ky would have handed on, %s', async (_, hook, body, state) => {
    using clock = virtualClock();
    const wire = scriptedWire(clock);
    const again = verdict({ decide: () => ({ verdict: 'retry', delay: 0, reason: 'it may pass' }) });
    const beforeRetry: NonNullable<Options['hooks']>['beforeRetry'] = [
      ({ error }) => hook((error as HTTPError).response),
    ];
    const pending = ky
      .create({ fetch: wire.fetch, throwHttpErrors: false, timeout: false, hooks: { beforeRetry } })
      .extend(layer({ name: 'again', places: [again] })())
      .get(url);
    // Hooks are shown the data of the answer: this one is never whole, and no longer waited for after 10 s.
    const held = await (await wire.expect('GET /a')).open(503);
    held.push('at');
    const response = await clock.finish(pending);
    expect(held.state).toBe(state);
    expect(new TextDecoder().decode((await response.body!.getReader().read()).value)).toBe(body);
  });

  test('that stops ends the call as stopped', async () => {
    const { end, ended, sent } = await play(
      [{ status: 503 }],
      { hooks: { beforeRetry: [() => ky.stop] } },
      (api) => api.get(url),
    );
    expect([end, ended, sent]).toEqual([undefined, ['stopped'], [`0 ${url}`]]);
  });

  test('that gives another request: that one is sent, and hooks behind it are skipped, as in ky', async () => {
    const behind = vi.fn<() => void>();
    const hooks: Options['hooks'] = {
      beforeRetry: [() => new Request('https://api.test/b'), behind],
    };
    for (const layers of [[], [silent(), passing()]]) {
      const { end, ended, sent } = await play([{ status: 503 }, { body: 'b' }], { hooks }, undefined, layers);
      expect([end, ended, sent]).toEqual(['b', ['ok'], [`0 ${url}`, '300 https://api.test/b']]);
    }
    expect(behind).not.toHaveBeenCalled();
  });

  test('that throws ends the call with its error, which goes by no beforeError, as in ky', async () => {
    const beforeError = vi.fn<({ error }: { error: Error }) => Error>(({ error }) => error);
    const thrown = new RangeError('a hook');
    const { end, ended, sent, record } = await play([{ status: 503 }], {
      hooks: {
        beforeRetry: [
          () => {
            throw thrown;
          },
        ],
        beforeError: [beforeError],
      },
    });
    expect(end).toBe(thrown);
    expect([ended, sent]).toEqual([['failed'], [`0 ${url}`]]);
    expect(record?.error).toBe('RangeError');
    expect(beforeError).not.toHaveBeenCalled();
  });

  test('that puts its own request there does not hide the caller who aborts in the gate', async () => {
    const reason = new Error('mine');
    const { end, ended } = await play(
      [{ status: 503 }],
      { hooks: { beforeRetry: [() => new Request('https://api.test/b')] } },
      async (api) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(reason), 500);
        return api(new Request(url, { signal: controller.signal }));
      },
      [holdingResends()],
    );
    expect([end, ended]).toEqual([reason, ['aborted']]);
  });
});

describe('a beforeError hook', () => {
  test('that returns nothing leaves the error as it is, as in ky', async () => {
    const { end, record } = await play([{ status: 404 }], {
      hooks: { beforeError: [(() => undefined) as never] },
    });
    expect(end).toMatchObject({ name: 'HTTPError' });
    expect(record).toMatchObject({ outcome: 'failed', error: 'HTTPError' });
  });

  test('that throws ends the call with what it throws', async () => {
    const behind = vi.fn<() => Error>();
    const thrown = new RangeError('a hook');
    const { end, ended, record } = await play([{ status: 404 }], {
      hooks: {
        beforeError: [
          () => {
            throw thrown;
          },
          behind,
        ],
      },
    });
    expect([end, ended, traceOf(end)]).toEqual([thrown, ['failed'], record]);
    expect(record?.error).toBe('RangeError');
    expect(behind).not.toHaveBeenCalled();
  });

  test('that replaces the error of an abort in the wait before a resend: what it gives has the record', async () => {
    const { end, ended, record } = await play(
      [{ status: 503 }],
      { hooks: { beforeError: [({ error }) => new SyntaxError('made of it', { cause: error })] } },
      async (api) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(new Error('mine')), 50);
        return api.get(url, { signal: controller.signal });
      },
    );
    expect(end).toMatchObject({ name: 'SyntaxError', cause: { message: 'mine' } });
    expect([ended, traceOf(end)]).toEqual([['aborted'], record]);
  });

  test('is asked once when the total is over while a resend waits in the gate', async () => {
    const told: string[] = [];
    const { end, ended } = await play(
      [{ status: 503 }],
      { totalTimeout: 1_000, hooks: { beforeError: [({ error }) => (told.push(error.name), error)] } },
      undefined,
      [holdingResends()],
    );
    expect(end).toMatchObject({ name: 'TimeoutError' });
    expect([told, ended]).toEqual([['TimeoutError'], ['failed']]);
  });
});

describe('afterResponse hooks', () => {
  const empty: Reply = { status: 204 };
  const pass = (): void => undefined;

  test('of which all let an empty answer pass: the call is over behind the last', async () => {
    for (const hooks of [[pass], [pass, pass], [pass, pass, pass]]) {
      const { ended } = await play([empty], { hooks: { afterResponse: hooks } });
      expect(ended).toEqual(['ok']);
    }
  });

  test('of which the last throws: the call has failed, though the body had ended before', async () => {
    const thrown = new Error('a hook');
    const { end, ended } = await play([empty], {
      hooks: {
        afterResponse: [
          // By now the empty body has ended.
          () => wait(10),
          () => {
            throw thrown;
          },
        ],
      },
    });
    expect([end, ended]).toEqual([thrown, ['failed']]);
  });

  test('of which one answers otherwise and still reads the answer: its end is none of the attempt’s', async () => {
    using clock = virtualClock();
    const wire = scriptedWire(clock);
    const answer = vi.fn<AfterResponseHook>(({ response }) => {
      void response.text();
      return new Response('mine');
    });
    const api = ky
      .create({ fetch: wire.fetch, hooks: { afterResponse: [answer] } })
      .extend(onSettled(() => undefined));
    const call = api.get(url);
    const text = call.text();
    const body = await (await wire.expect('GET /a')).open(200);
    expect(await clock.finish(text)).toBe('mine');
    await clock.advance(100);
    body.end();
    await clock.settle();
    expect(body.state).toBe('read');
    expect(traceOf(await call)).toMatchObject({ outcome: 'ok', durationMs: 0, attempts: [{ bodyMs: 0 }] });
  });

  test('of which one reads what was sent: it cannot be sent again, and the call ends once, by beforeError, as in ky', async () => {
    const asked: string[] = [];
    const options: Options = {
      retry: { limit: 1, methods: ['post'] },
      hooks: {
        afterResponse: [async ({ request }) => void (await request.text())],
        beforeError: [
          ({ error }) => {
            asked.push(error.name);
            return error;
          },
        ],
      },
    };
    const post = (api: KyInstance): Promise<unknown> => api.post(url, { json: {} }).text();
    for (const layers of [[], [silent(), passing()]]) {
      const { end, ended, record, sent } = await play([{ status: 503 }], options, post, layers);
      expect([end, sent]).toEqual([expect.any(TypeError), [`0 ${url}`]]);
      // Bun has a code for it.
      expect(['TypeError', 'ERR_BODY_ALREADY_USED']).toContain(record?.error);
      expect(ended).toEqual(['failed']);
    }
    expect(asked).toEqual(['TypeError', 'TypeError']);
  });

  test('that poll: the call is over when the last body is, not before', async () => {
    using clock = virtualClock();
    const wire = scriptedWire(clock, { replies: [empty, { body: 'done' }] });
    const ended: unknown[] = [];
    const api = ky
      .create({
        fetch: wire.fetch,
        hooks: {
          afterResponse: [({ response }) => (response.status === 204 ? ky.retry({ delay: 10 }) : undefined)],
        },
      })
      .extend(onSettled(({ outcome }) => ended.push(outcome)));
    const response = await clock.finish(api.get(url));
    await clock.settle();
    expect(ended).toEqual([]);
    expect(await response.text()).toBe('done');
    expect(ended).toEqual(['ok']);
  });
});
