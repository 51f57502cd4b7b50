import { countListeners, scriptedWire, virtualClock } from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { type CallRecord, gate, layer, onSettled, verdict, wait } from '../src/index.ts';

const url = 'https://api.test/a';
const silent = layer({ name: 'silent', places: [verdict({ decide: () => undefined })] });
const holding = layer({
  name: 'holding',
  places: [gate({ stage: 'admit', run: ({ signal }) => wait(5_000, signal) })],
});
const again = layer<{ readonly spare?: boolean }>({
  name: 'again',
  places: [
    verdict({
      spares: (_, { spare }) => (spare ? 1 : 0),
      decide: (_, { spare = false }) => ({ verdict: 'retry', delay: 100, reason: 'it may pass', spare }),
    }),
  ],
});

interface Played {
  readonly end: unknown;
  readonly records: readonly CallRecord[];
  readonly atMs: number;
}

/** A call whose fetch throws these one by one, each after 40 ms, and then answers. */
async function play(
  thrown: readonly unknown[],
  fragments: readonly Options[],
  call: (api: KyInstance) => Promise<unknown> = (api) => api.get(url).text(),
): Promise<Played> {
  using clock = virtualClock();
  const wire = scriptedWire(clock, {
    replies: [...thrown.map((error) => ({ error, afterMs: 40 })), { body: 'ok' }],
  });
  const records: CallRecord[] = [];
  let api = ky.create({ fetch: wire.fetch, retry: 1 }).extend(onSettled((record) => records.push(record)));
  for (const fragment of fragments) api = api.extend(fragment);
  const end = await clock.finish(call(api).catch((error: unknown) => error));
  return { end, records, atMs: clock.elapsedMs };
}

describe('what fetch throws and is no Error', () => {
  test.each<[string, unknown, string]>([
    ['a string', 'a word', 'string'],
    ['null', null, 'object'],
    ['a number', 7, 'number'],
    ['an object with a code', { code: 'EWORD' }, 'EWORD'],
  ])('is for the caller as it is, and ends the call once: %s', async (_, thrown, code) => {
    for (const fragments of [[], [silent()]]) {
      const { end, records, atMs } = await play([thrown], fragments);
      expect([end, atMs]).toEqual([thrown, 40]);
      expect(records).toMatchObject([
        { outcome: 'failed', error: code, attempts: [{ error: code, gateMs: 0, headersMs: 40 }] },
      ]);
    }
  });

  test('may be sent again by a verdict: the call is over when its last attempt is', async () => {
    const { end, records, atMs } = await play(['a word'], [again()]);
    expect([end, atMs]).toEqual(['ok', 140]);
    expect(records).toMatchObject([{ outcome: 'ok', attempts: [{ error: 'string' }, { status: 200 }] }]);
  });

  test('may be sent again by a resend that was set aside', async () => {
    const { end, records } = await play(['a word'], [{ retry: 0 }, again({ spare: true })]);
    expect([end, records.map(({ outcome }) => outcome)]).toEqual(['ok', ['ok']]);
  });

  test('ends the call at the limit', async () => {
    const { end, records } = await play(['a word', 'another word'], [again()]);
    expect(end).toBe('another word');
    expect(records).toMatchObject([
      { outcome: 'failed', attempts: [{ error: 'string' }, { error: 'string' }] },
    ]);
  });

  test.each([0, 20])(
    'is the caller’s where the caller aborts with it, once: after %d ms',
    async (afterMs) => {
      for (const fragments of [[], [silent()], [again()]]) {
        const { end, records } = await play(['unused'], fragments, async (api) => {
          const controller = new AbortController();
          if (afterMs === 0) controller.abort('mine');
          setTimeout(() => controller.abort('mine'), afterMs);
          return api.get(url, { signal: controller.signal });
        });
        expect([end, records.map(({ outcome }) => outcome)]).toEqual(['mine', ['aborted']]);
        expect(records[0]).toMatchObject({ decisions: [], durationMs: afterMs });
      }
    },
  );

  test.each<[where: string, layers: readonly Options[], attempt: object]>([
    ['before the headers', [], { gateMs: 0, headersMs: 20 }],
    ['in the gate', [holding()], { gateMs: 20, headersMs: undefined }],
  ])(
    'and the record tells how long the attempt took when that was %s, as with an Error',
    async (_, layers, times) => {
      for (const reason of ['mine', new RangeError('mine')]) {
        const { end, records } = await play(['unused'], layers, async (api) => {
          const controller = new AbortController();
          setTimeout(() => controller.abort(reason), 20);
          return api.get(url, { signal: controller.signal });
        });
        expect(end).toBe(reason);
        const error = reason === 'mine' ? 'string' : 'RangeError';
        expect(records[0]!.attempts).toEqual([
          expect.objectContaining({ number: 1, startMs: 0, backoffMs: 0, error, ...times }),
        ]);
      }
    },
  );

  test('leaves an answered attempt as it is where the caller aborts with it before the next', async () => {
    const status = { status: 503 };
    const { records } = await play(
      [],
      [{ fetch: async () => new Response('', status) }, silent()],
      async (api) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort('mine'), 20);
        return api.get(url, { signal: controller.signal });
      },
    );
    expect(records).toMatchObject([{ outcome: 'aborted', attempts: [{ ...status, error: undefined }] }]);
  });
});

test('a call that ky refuses to begin leaves nothing on the signal, and an abort to come is none of its', () => {
  const ended: unknown[] = [];
  const controller = new AbortController();
  const listeners = countListeners(controller.signal);
  const api = ky.create({ signal: controller.signal }).extend(onSettled((call) => ended.push(call.outcome)));
  expect(() => void api.get('http://[').catch(() => undefined)).toThrow(TypeError);
  expect(listeners.count).toBe(0);
  controller.abort('mine');
  expect(ended).toEqual([]);
});

test('what a step of the gate throws and is no Error ends the call at once, once, whoever has a say', async () => {
  const refusing = layer({
    name: 'refusing',
    places: [
      gate({
        stage: 'guard',
        run() {
          // oxlint-disable-next-line no-throw-literal -- what is no Error takes another way through ky
          throw 'refused';
        },
      }),
    ],
  });
  for (const fragments of [[], [silent()], [again()]]) {
    const { end, records } = await play([], [...fragments, refusing()]);
    expect(end).toBe('refused');
    expect(records).toMatchObject([{ outcome: 'failed', error: 'string', attempts: [{ error: 'string' }] }]);
  }
});
