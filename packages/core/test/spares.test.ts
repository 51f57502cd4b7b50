import { type ScriptedWire, scriptedWire, type VirtualClock, virtualClock, outcome } from '@kyhooks/testing';
import ky, { type BeforeRequestHook, type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gate, layer, traceOf, verdict } from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
});
afterEach(() => clock.uninstall());

/** Sends a 401 again, by resends that do not count. */
const again = layer<{ spares?: number }>({
  name: 'again',
  places: [
    verdict({
      spares: (_, { spares = 1 }) => spares,
      decide: ({ response }) =>
        response?.status === 401 ? { verdict: 'retry', delay: 0, reason: 'a 401', spare: true } : undefined,
    }),
  ],
});
const client = (options: Options = {}, spares = 1): KyInstance =>
  ky
    .create({ baseUrl: 'https://api.test/', fetch: wire.fetch, timeout: false, ...options })
    .extend(again({ spares }));

/** Answers with these statuses, and gives those that were asked for in all. */
async function serve(
  pending: Promise<unknown>,
  ...statuses: number[]
): Promise<{ sent: number; end: unknown }> {
  for (const status of statuses) {
    await clock.advance(10_000);
    const exchange = wire.exchanges.at(-1)!;
    await exchange.respond(status);
  }
  await clock.advance(10_000);
  const end = await pending;
  return { sent: wire.exchanges.length, end };
}

describe('a resend that was set aside', () => {
  test.each<[string, Options, number[], number]>([
    ['leaves the limit to the others', { retry: 2 }, [401, 503, 503, 503], 4],
    ['wherever it stands among them', { retry: 2 }, [503, 503, 401, 503], 4],
    ['is granted at a limit of 0', { retry: 0 }, [401, 200], 2],
    ['is granted once', { retry: 2 }, [401, 401], 2],
    ['is not there for others', { retry: 0 }, [503], 1],
    ['serves any method', { retry: 0, method: 'post' }, [401, 200], 2],
    ['leaves methods to ky', { retry: 2, method: 'post' }, [401, 503], 2],
    ['does not count in statuses that are not thrown', { retry: 0, throwHttpErrors: false }, [401, 401], 2],
  ])('%s', async (_, options, statuses, expected) => {
    const { sent, end } = await serve(outcome(client(options)('a')), ...statuses);
    expect(sent).toBe(expected);
    const last = statuses.at(-1)!;
    expect(end).toMatchObject(
      options.throwHttpErrors === false || last === 200 ? { status: last } : { response: { status: last } },
    );
  });

  test('gives its reason where none is left', async () => {
    const { end } = await serve(outcome(client({ retry: 2 })('a')), 401, 401);
    expect(traceOf(end)?.decisions.map(({ reason }) => reason)).toEqual([
      'a 401',
      'a 401, but no resend is left for it',
    ]);
  });

  test('is none for a forced retry', async () => {
    let forced = 0;
    const afterResponse = [
      () => {
        forced++;
        return ky.retry({ delay: 100, code: 'MINE' });
      },
    ];
    const { sent, end } = await serve(outcome(client({ retry: 1, hooks: { afterResponse } })('a')), 200, 200);
    expect({ sent, forced }).toEqual({ sent: 2, forced: 2 });
    expect(end).toMatchObject({ name: 'ForceRetryError' });
  });

  test('leaves the waits as ky computes them', async () => {
    const delays: number[] = [];
    const delay = (count: number): number => {
      delays.push(count);
      return 1;
    };
    await serve(outcome(client({ retry: { limit: 2, delay } })('a')), 401, 503, 503, 503);
    expect(delays).toEqual([1, 2]);
  });

  test('is none for what must be sent once', async () => {
    const once = layer({
      name: 'once',
      places: [gate({ stage: 'prepare', run: ({ call }) => void (call.sendOnce = 'it flows') })],
    });
    for (const throwHttpErrors of [true, false]) {
      const { sent } = await serve(outcome(client({ throwHttpErrors }).extend(once())('a')), 401);
      expect(sent).toBe(throwHttpErrors ? 1 : 2);
    }
  });

  test('none is the default: the limit of ky is as it was', async () => {
    let limit: unknown;
    const look: BeforeRequestHook = ({ options }) => {
      limit = (options.retry as { readonly limit: number }).limit;
    };
    await serve(outcome(client({ retry: 1, hooks: { beforeRequest: [look] } }, 0)('a')), 200);
    expect(limit).toBe(1);
  });
});
