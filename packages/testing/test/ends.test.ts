import { type CallRecord, gate, layer, onSettled, outOfTime, traceOf, verdict, wait } from '@kyhooks/core';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import {
  countListeners,
  type Reply,
  scriptedWire,
  type ScriptedWire,
  virtualClock,
  type VirtualClock,
  outcome,
} from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let clock: VirtualClock;
let wire: ScriptedWire;
let settled: unknown[];
beforeEach(() => {
  clock = virtualClock();
  settled = [];
});
afterEach(() => clock.uninstall());

const url = 'https://api.test/a';
const client = (replies: readonly Reply[], options: Options = {}): KyInstance => {
  wire = scriptedWire(clock, { replies });
  return ky.create({ fetch: wire.fetch, ...options }).extend(onSettled((call) => settled.push(call.outcome)));
};
describe('a call ends once, also where ky asks no hook', () => {
  const thrown = (): never => {
    // oxlint-disable-next-line no-throw-literal -- what is no Error takes another way through ky
    throw 'a string';
  };
  test.each<[string, Options]>([
    ['beforeRequest', { hooks: { beforeRequest: [thrown] } }],
    ['afterResponse', { hooks: { afterResponse: [thrown] } }],
    ['fetch', { fetch: thrown }],
  ])('%s throws what is no Error', async (_, options) => {
    for (const fragment of [{}, retry()]) {
      expect(await clock.finish(outcome(client([{}]).extend(fragment).get(url, options)))).toBe('a string');
    }
    expect(settled).toEqual(['failed', 'failed']);
  });

  test.each<[string, readonly Reply[], Options]>([
    ["in ky's own backoff", [{ status: 503 }], {}],
    ['while ky reads the data of an error', [{ status: 503, body: 'half', stall: true }], retry()],
    ['in a wait that a hook forces', [{}], { hooks: { afterResponse: [() => ky.retry({ delay: 500 })] } }],
  ])('the caller aborts with what is no Error, %s', async (_, replies, options) => {
    const controller = new AbortController();
    const call = outcome(client(replies).get(url, { signal: controller.signal, ...options }));
    await clock.advance(50);
    controller.abort('mine');
    expect(await clock.finish(call)).toBe('mine');
    expect(settled).toEqual(['aborted']);
  });
});

test('an answer that nobody has sent again leaves no listener, and the phase stays', async () => {
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  const error = await clock.finish(
    outcome(
      client([{ status: 404 }])
        .extend(timeout())
        .get(url, { signal: controller.signal }),
    ),
  );
  expect([listeners.count, traceOf(error)?.phase]).toEqual([0, 'body']);
});

describe("the user's hooks", () => {
  test('may return what ky takes no notice of', async () => {
    const log: unknown[] = [];
    const hooks = {
      beforeRequest: [(state: unknown) => log.push(state)],
      beforeRetry: [(state: unknown) => log.push(state)],
      afterResponse: [(state: unknown) => ({ logged: log.push(state) })],
    } as unknown as NonNullable<Options['hooks']>;
    const response = await clock.finish(
      client([{ status: 503 }, {}], { hooks })
        .extend(retry())
        .get(url),
    );
    await response.text();
    expect([log.length, settled]).toEqual([4, ['ok']]);
  });

  test('that throw the error of the attempt again bring it to beforeError', async () => {
    const rethrow = ({ error }: { error: Error }): never => {
      throw error;
    };
    const wrap = ({ error }: { error: Error }): Error => new Error('wrapped', { cause: error });
    const api = client([{ hang: true }])
      .extend(timeout({ attempt: 50 }))
      .extend(retry());
    const error = await clock.finish(
      outcome(api.get(url, { hooks: { beforeRetry: [rethrow], beforeError: [wrap] } })),
    );
    expect(error).toMatchObject({ message: 'wrapped', cause: { code: 'ATTEMPT_TIMEOUT' } });
  });

  test('that force a resend overrule a verdict', async () => {
    const hooks: Options['hooks'] = {
      afterResponse: [
        ({ response, retryCount }) => (response.status === 401 && retryCount === 0 ? ky.retry() : undefined),
      ],
    };
    const api = client([{ status: 401 }, { body: 'in' }], { throwHttpErrors: false, hooks }).extend(retry());
    const response = await clock.finish(api.get(url));
    expect(await response.text()).toBe('in');
    expect(traceOf(response)?.decisions.map(({ layer: by, verdict: said }) => `${by}: ${said}`)).toEqual([
      'retry: stop',
      'ky: retry',
    ]);
  });
});

describe('the gate', () => {
  const queue = layer({
    name: 'queue',
    places: [gate({ stage: 'admit', run: ({ signal }) => wait(1_000, signal) })],
  });

  test('heeds the caller also where a hook has put another request in place', async () => {
    const controller = new AbortController();
    const hooks: Options['hooks'] = { beforeRequest: [() => new Request('https://api.test/b')] };
    const call = outcome(client([{}], { hooks }).extend(queue()).get(url, { signal: controller.signal }));
    await clock.advance(50);
    controller.abort(new Error('mine'));
    expect(await call).toMatchObject({ message: 'mine' });
    expect(clock.timers).toBe(0);
  });

  test('gives back everything, though one release throws', async () => {
    const released: string[] = [];
    const release = (name: string, give: () => void): Options =>
      layer({ name, places: [gate({ stage: 'admit', run: ({ attempt }) => attempt.defer(give) })] })();
    const api = client([{ body: 'ok' }])
      .extend(release('a', () => released.push('a')))
      .extend(
        release('b', () => {
          throw new Error('b');
        }),
      );
    expect(await clock.finish(api.get(url).text())).toBe('ok');
    expect(released).toEqual(['a']);
  });
});

describe('timeout()', () => {
  test("leaves errors of another library's alone, though their name is the same", async () => {
    const error = Object.assign(new Error('pool is full'), { name: 'TimeoutError' });
    expect(await clock.finish(outcome(client([{ error }]).extend(timeout()).get(url)))).toBe(error);
  });

  test.each(['attempt', 'total'] as const)(
    'ends a call whose body it breaks off, as failed, whatever signal the caller gave: %s',
    async (bound) => {
      const { signal } = new AbortController();
      const calls: readonly [string | Request, Options][] = [
        [url, {}],
        [url, { signal }],
        [new Request(url, { signal }), {}],
      ];
      for (const [input, options] of calls) {
        const api = client([{ json: { id: 1 }, stall: true }], { retry: 0 }).extend(timeout({ [bound]: 50 }));
        const error = await clock.finish(outcome(api.get(input, options).json()));
        const code = `${bound.toUpperCase()}_TIMEOUT`;
        expect(error).toMatchObject({ code, phase: 'body' });
        expect(traceOf(error)).toMatchObject({
          outcome: 'failed',
          error: code,
          attempts: [{ status: 200, error: code, bodyMs: 50 }],
        });
      }
      expect(settled).toEqual(['failed', 'failed', 'failed']);
    },
  );

  test("does not stop what ky's own retry would not wait for", async () => {
    const api = client([{ status: 500, headers: { 'retry-after': '3600' } }, { body: 'ok' }]).extend(
      timeout(),
    );
    expect(await clock.finish(api.get(url).text())).toBe('ok');
  });
});

describe('a call with afterResponse hooks ends when they have run', () => {
  const after = (hook: NonNullable<NonNullable<Options['hooks']>['afterResponse']>[number]): Options => ({
    hooks: { afterResponse: [hook] },
  });
  const empty: Reply = { status: 204 };

  test('one that polls', async () => {
    const hooks = after(({ response }) => (response.status === 204 ? ky.retry({ delay: 10 }) : undefined));
    const api = client([empty, empty, { body: 'done' }], hooks);
    expect(await clock.finish(api.get(url).text())).toBe('done');
    expect(settled).toEqual(['ok']);
  });

  test('one that throws', async () => {
    const error = await clock.finish(
      outcome(
        client(
          [empty],
          after(() => {
            throw new Error('hook');
          }),
        ).get(url),
      ),
    );
    expect([(error as Error).message, settled]).toEqual(['hook', ['failed']]);
  });

  test('one that answers otherwise', async () => {
    const hooks = after(() => new Response('x', { status: 500 }));
    const error = await clock.finish(outcome(client([empty], hooks).get(url)));
    expect([(error as Error).name, settled]).toEqual(['HTTPError', ['failed']]);
  });

  test('one that makes a response around the body', async () => {
    const hooks = after(({ response }) => new Response(response.body, response));
    for (const fragment of [{}, timeout()]) {
      expect(
        await clock.finish(
          client([{ body: 'whole' }], hooks)
            .extend(fragment)
            .get(url)
            .text(),
        ),
      ).toBe('whole');
    }
    expect(settled).toEqual(['ok', 'ok']);
  });

  test('one that reads without being waited for', async () => {
    let seen: unknown;
    const hooks = after(({ response }) => {
      seen = response.text();
    });
    const api = client([{ body: 'whole' }], hooks).extend(timeout());
    expect([await clock.finish(api.get(url).text()), await seen]).toEqual(['whole', 'whole']);
  });
});

describe('a resend that the gate has no time for', () => {
  const slow = layer({
    name: 'slow',
    places: [
      gate({
        stage: 'admit',
        run(pass) {
          if (pass.attempt.number > 1) throw outOfTime(pass, 'slow', 60_000);
        },
      }),
    ],
  });
  const replies: readonly Reply[] = [{ status: 503, json: { why: 'busy' } }];
  const hook = (): void => undefined;

  test.each<[string, Options]>([
    ['', {}],
    [', which hooks have seen', { hooks: { beforeRetry: [hook] } }],
  ])('leaves the answer to the caller who wants no HTTPError%s', async (_, options) => {
    const api = client(replies, { throwHttpErrors: false, ...options })
      .extend(retry())
      .extend(timeout());
    const response = await clock.finish(api.extend(slow()).get(url));
    expect([response.status, await response.json()]).toEqual([503, { why: 'busy' }]);
    expect(settled).toEqual(['ok']);
    expect(traceOf(response)?.decisions.map(({ layer: by, verdict: said }) => `${by}: ${said}`)).toEqual([
      'retry: retry',
      'slow: refused',
    ]);
  });

  test('is said once, and by nobody else', async () => {
    const api = client(replies).extend(retry()).extend(timeout()).extend(slow());
    const error = await clock.finish(outcome(api.get(url)));
    expect(error).toMatchObject({ name: 'HTTPError', data: { why: 'busy' } });
    expect(traceOf(error)?.decisions.map(({ layer: by, verdict: said }) => `${by}: ${said}`)).toEqual([
      'retry: retry',
      'slow: refused',
    ]);
  });

  test('an answer that is sent again gives its body back', async () => {
    let cancelled = 0;
    const body = new ReadableStream({ cancel: () => void cancelled++ });
    let sent = 0;
    const fetch = async (): Promise<Response> =>
      sent++ ? new Response('ok') : new Response(body, { status: 503 });
    const api = ky.create({ fetch, throwHttpErrors: false }).extend(retry());
    expect(await clock.finish(api.get(url).text())).toBe('ok');
    expect(cancelled).toBe(1);
  });

  test('an abort while it waits gives it back too', async () => {
    let cancelled = 0;
    const body = new ReadableStream({ cancel: () => void cancelled++ });
    const controller = new AbortController();
    const fetch = async (): Promise<Response> => new Response(body, { status: 503 });
    const api = ky.create({ fetch, throwHttpErrors: false }).extend(retry({ jitter: 'none' }));
    const call = outcome(api.get(url, { signal: controller.signal }));
    await clock.advance(10);
    controller.abort(new Error('mine'));
    expect(await clock.finish(call)).toMatchObject({ message: 'mine' });
    expect(cancelled).toBe(1);
  });
});

test('the data of an error that hangs keeps a resend no longer than 10 s, as in ky', async () => {
  const hooks = { beforeRetry: [(): void => undefined] };
  const api = client([{ status: 503, body: 'half', stall: true }, { body: 'ok' }], {
    throwHttpErrors: false,
    timeout: false,
    hooks,
  }).extend(retry({ jitter: 'none' }));
  expect(await clock.finish(api.get(url).text())).toBe('ok');
});

test('a fetch that is deaf to its signal keeps no permit when the attempt has timed out', async () => {
  let held = 0;
  const permit = layer({
    name: 'permit',
    places: [
      gate({
        stage: 'admit',
        run({ attempt }) {
          expect(held++).toBe(0);
          attempt.defer(() => held--);
        },
      }),
    ],
  });
  let sent = 0;
  const fetch = (): Promise<Response> =>
    sent++ ? Promise.resolve(new Response('second')) : new Promise(() => undefined);
  const api = ky.create({ fetch, timeout: 50, retry: { limit: 2, retryOnTimeout: true } }).extend(permit());
  expect(await clock.finish(api.get(url).text())).toBe('second');
  expect(held).toBe(0);
});

test('an attempt that ends while the layers are asked is not answered as well', async () => {
  const ponder = layer({
    name: 'ponder',
    places: [
      verdict({
        async decide({ response }) {
          if (response) await wait(100);
          return undefined;
        },
      }),
    ],
  });
  const api = client([{ status: 503 }], { throwHttpErrors: false, timeout: 50, retry: 0 }).extend(ponder());
  const error = await clock.finish(outcome(api.get(url)));
  expect([(error as Error).name, settled]).toEqual(['TimeoutError', ['failed']]);
});

describe('who listens for the end of calls', () => {
  test('hears of it, though another throws or rejects; both are noted', async () => {
    const records: CallRecord[] = [];
    const api = client([{ body: 'ok' }])
      .extend(
        onSettled(() => {
          throw new TypeError('one');
        }),
      )
      .extend(onSettled(async () => Promise.reject(new RangeError('two'))))
      .extend(onSettled((call) => records.push(call)));
    expect(await clock.finish(api.get(url).text())).toBe('ok');
    expect(settled).toEqual(['ok']);
    expect(records[0]?.decisions.map(({ reason }) => reason)).toEqual([
      'its listener threw TypeError',
      'its listener threw RangeError',
    ]);
  });
});

test('a layer’s key without a layer is no layer', async () => {
  const options = { ...retry(), 'kyhooks:retry': undefined } as Options;
  expect(
    await clock.finish(
      client([{ body: 'ok' }])
        .get(url, options)
        .text(),
    ),
  ).toBe('ok');
});
