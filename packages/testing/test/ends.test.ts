import { gate, layer, onSettled, traceOf, wait } from '@kyhooks/core';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import {
  countListeners,
  type Reply,
  scriptedWire,
  type ScriptedWire,
  virtualClock,
  type VirtualClock,
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
const outcome = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).catch((error: unknown) => error);

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
    expect(traceOf(response)?.decisions.map(({ layer: by, verdict }) => `${by}: ${verdict}`)).toEqual([
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

  test("does not stop what ky's own retry would not wait for", async () => {
    const api = client([{ status: 500, headers: { 'retry-after': '3600' } }, { body: 'ok' }]).extend(
      timeout(),
    );
    expect(await clock.finish(api.get(url).text())).toBe('ok');
  });
});
