import {
  countListeners,
  networkError,
  scriptedWire,
  type ScriptedWire,
  virtualClock,
  type VirtualClock,
} from '@kyhooks/testing';
import ky, { type KyInstance, NetworkError, type Options } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type CallRecord,
  gate,
  type Gate,
  layer,
  onSettled,
  outOfTime,
  settled,
  traceOf,
  verdict,
  wait,
  wire as wirePlace,
} from '../src/index.ts';

let clock: VirtualClock;
let wire: ScriptedWire;
let log: string[];
beforeEach(() => {
  clock = virtualClock();
  log = [];
});
afterEach(() => clock.uninstall());

const url = 'https://api.test/a';
const client = (replies: Parameters<typeof scriptedWire>[1], options: Options = {}): KyInstance => {
  wire = scriptedWire(clock, replies);
  return ky.create({ fetch: wire.fetch, ...options });
};
const end = (call: Promise<unknown>): Promise<unknown> => clock.finish(call.catch((error: unknown) => error));
const step = (
  stage: Gate<unknown>['stage'],
  run: Gate<unknown>['run'] = () => void log.push(stage),
  name: string = stage,
): Options => layer({ name, places: [gate({ stage, run })] })();

describe('the steps of the gate', () => {
  const stages = ['prepare', 'answer', 'guard', 'admit', 'sign'] as const;

  test('run by their stages, however they are chained and called', async () => {
    // The names are in the order that is the reverse of the stages.
    const fragments = stages.map((stage, index) =>
      step(stage, () => void log.push(stage), `layer ${String(9 - index)}`),
    );
    for (const chained of [fragments, fragments.toReversed()]) {
      log = [];
      await end(chained.reduce((api, one) => api.extend(one), client({ replies: [{}] })).get(url));
      expect(log).toEqual(stages);
    }
  });

  test('of one stage run by the names of their layers, however they are chained', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => step('admit', () => void log.push(name), name));
    for (const chained of [
      [a!, b!, c!],
      [c!, b!, a!],
      [b!, c!, a!],
    ]) {
      log = [];
      await end(chained.reduce((api, one) => api.extend(one), client({ replies: [{}] })).get(url));
      expect(log).toEqual(['a', 'b', 'c']);
    }
  });

  test('run again before each resend, all but those that prepare the call', async () => {
    const api = stages.reduce(
      (instance, stage) => instance.extend(step(stage)),
      client({ replies: [{ status: 503 }, { error: networkError('ECONNRESET') }, {}] }),
    );
    await end(api.get(url));
    expect(log).toEqual([...stages, ...stages.slice(1), ...stages.slice(1)]);
  });

  test('may answer: nothing is sent, and no later step runs', async () => {
    const answer = new Response('cached');
    const released: string[] = [];
    const api = client({ replies: [{}] })
      .extend(
        step('answer', ({ attempt }) => {
          attempt.defer(() => released.push('released'));
          return answer;
        }),
      )
      .extend(step('admit'))
      .extend(onSettled(({ outcome }) => log.push(outcome!)));
    const response = (await end(api.get(url))) as Response;
    expect([response, wire.exchanges, log, released]).toEqual([answer, [], [], ['released']]);
    expect(await response.text()).toBe('cached');
    expect(log).toEqual(['ok']);
    expect(traceOf(response)).toMatchObject({ outcome: 'ok', attempts: [{ number: 1 }] });
  });

  test('are not run for a caller who has aborted, though the step before did not heed it', async () => {
    const controller = new AbortController();
    const reason = new Error('mine');
    const api = client({ replies: [{}] })
      .extend(step('guard', () => wait(100)))
      .extend(step('admit'));
    setTimeout(() => controller.abort(reason), 50);
    expect(await end(api.get(url, { signal: controller.signal }))).toBe(reason);
    expect([log, wire.exchanges]).toEqual([[], []]);
  });
});

test('a wait before a resend leaves no listener on the signal of the caller', async () => {
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  const during: number[] = [];
  const api = client({ replies: [{ status: 503 }, {}] }).extend(
    step('admit', async ({ signal: own }) => {
      await wait(10, own);
      during.push(listeners.count);
    }),
  );
  await end(api.get(url, { signal }));
  // A resend follows the caller by itself.
  expect([during, listeners.count, clock.timers]).toEqual([[0, 1], 0, 0]);
});

describe('the record of a call', () => {
  test('tells the time in the gate from that on the wire, in each attempt', async () => {
    const api = client({
      replies: [
        { status: 503, afterMs: 40 },
        { error: networkError('ECONNRESET'), afterMs: 30 },
        { afterMs: 20 },
      ],
    }).extend(step('admit', ({ signal }) => wait(50, signal)));
    const response = await end(api.get(url));
    expect(traceOf(response)?.attempts).toMatchObject([
      { startMs: 0, backoffMs: 0, gateMs: 50, headersMs: 40, status: 503 },
      { startMs: 390, backoffMs: 300, gateMs: 50, headersMs: 30, error: 'ECONNRESET' },
      { startMs: 1_070, backoffMs: 600, gateMs: 50, headersMs: 20, status: 200 },
    ]);
  });

  test('tells how long a pass was in the gate that refused it', async () => {
    const refusing = step('admit', async ({ attempt, signal }) => {
      await wait(50, signal);
      if (attempt.number === 2) throw new RangeError('refused');
    });
    const error = await end(
      client({ replies: [{ status: 503 }] })
        .extend(refusing)
        .get(url),
    );
    const attempts = traceOf(error)?.attempts;
    expect(attempts).toMatchObject([
      { status: 503 },
      { startMs: 350, backoffMs: 300, gateMs: 50, error: 'RangeError' },
    ]);
    expect(attempts?.[1]?.headersMs).toBeUndefined();
  });

  test('names the call before anything is known of the request, and the request as soon as it is', async () => {
    const seen: unknown[] = [];
    const naming = layer({
      name: 'naming',
      configure: (_, __, call) => void seen.push(call.id, call.method, call.url),
      places: [gate({ stage: 'prepare', run: ({ call }) => void seen.push(call.url, call.method) })],
    });
    await end(
      client({ replies: [{}] })
        .extend(naming())
        .get(url),
    );
    expect(seen).toEqual([expect.stringMatching(/^[a-z0-9]{1,8}-\d+$/), '', '', url, 'GET']);
  });

  test('is of the last call where several were aborted with one reason', async () => {
    const reason = new Error('mine');
    const records: CallRecord[] = [];
    const api = client({ replies: [{}] }).extend(onSettled((record) => records.push(record)));
    for (const path of ['one', 'two']) {
      await end(api.get(`https://api.test/${path}`, { signal: AbortSignal.abort(reason) }));
    }
    expect(records.map((record) => record.url)).toEqual(['https://api.test/one', 'https://api.test/two']);
    expect(traceOf(reason)).toBe(records[1]);
  });

  test('is none of a call whose layers were all removed', async () => {
    const tag = layer({ name: 'tag', places: [gate({ stage: 'prepare', run: () => undefined })] });
    const api = client({ replies: [{}] }).extend(tag());
    expect(traceOf(await end(api.get(url)))).toMatchObject({
      url,
      outcome: undefined,
      attempts: [{ status: 200 }],
    });
    expect(traceOf(await end(api.get(url, tag(false))))).toBeUndefined();
  });

  test('ends as aborted where the caller aborts while the body is read', async () => {
    const controller = new AbortController();
    const reason = new Error('mine');
    const ended: unknown[] = [];
    const api = client({ replies: [{ body: 'half', stall: true }] }).extend(
      onSettled(({ outcome, durationMs }) => ended.push([outcome, durationMs])),
    );
    // Not by text(): of a body that is made by hand, Chromium hides what broke it.
    const read = async (): Promise<void> => {
      const reader = (await api.get(url, { signal: controller.signal })).body!.getReader();
      while (!(await reader.read()).done);
    };
    setTimeout(() => controller.abort(reason), 50);
    expect(await end(read())).toBe(reason);
    expect(ended).toEqual([['aborted', 50]]);
  });
});

describe('what was deferred', () => {
  test('is released when the attempt ends, the last first', async () => {
    const deferring = (name: string): Options =>
      step('admit', ({ attempt }) => attempt.defer(() => log.push(name)), name);
    const api = ['a', 'b', 'c'].reduce(
      (instance, name) => instance.extend(deferring(name)),
      client({ replies: [{ status: 503 }, {}] }).extend(
        layer({
          name: 'looking',
          places: [
            wirePlace({
              stage: 'observe',
              sends: () => log.push('sends'),
              answered: () => log.push('answered'),
            }),
          ],
        })(),
      ),
    );
    await end(api.get(url));
    const once = ['sends', 'answered', 'c', 'b', 'a'];
    expect(log).toEqual([...once, ...once]);
  });

  test('is released at once when the attempt is over, and not again', async () => {
    const late = layer({
      name: 'late',
      places: [
        verdict({
          decide({ call }) {
            call.attempts.at(-1)!.defer(() => log.push('released'));
            log.push('decided');
            return { verdict: 'stop', reason: 'enough' };
          },
        }),
        settled(() => log.push('settled')),
      ],
    });
    await end(
      client({ replies: [{ status: 503 }] })
        .extend(late())
        .get(url),
    );
    expect(log).toEqual(['released', 'decided', 'settled']);
  });
});

describe('a refusal of the gate before a resend', () => {
  const refusing = (error: () => unknown): Options =>
    step('admit', ({ attempt }) => {
      if (attempt.number > 1) throw error();
    });

  test.each([
    [199, 'HTTPError'],
    [200, 'TimeoutError'],
    [220, 'TimeoutError'],
  ])('for want of time, after %d ms of 200 that were left, is the %s', async (waitMs, name) => {
    const bounded = layer({
      name: 'bounded',
      configure: (_, __, call) => void (call.deadlineMs = 500),
      places: [
        gate({
          stage: 'admit',
          async run(pass) {
            if (pass.attempt.number === 1) return;
            await wait(waitMs);
            throw outOfTime(pass, 'bounded', 1_000);
          },
        }),
      ],
    });
    const error = await end(
      client({ replies: [{ status: 503 }] })
        .extend(bounded())
        .get(url),
    );
    expect(error).toMatchObject({ name });
  });

  test("is the caller's own timeout where that is what ended the wait, not the outcome at hand", async () => {
    const controller = new AbortController();
    const reason = new DOMException('mine', 'TimeoutError');
    const api = client({ replies: [{ status: 503 }] }).extend(
      step('admit', ({ attempt, signal }) => (attempt.number > 1 ? wait(5_000, signal) : undefined)),
    );
    setTimeout(() => controller.abort(reason), 500);
    expect(await end(api.get(url, { signal: controller.signal }))).toBe(reason);
  });

  test("goes by beforeError, also where it is an error of ky's class", async () => {
    const refusal = new NetworkError(new Request(url), { cause: new Error('no more') });
    const told: unknown[] = [];
    const api = client(
      { replies: [{ status: 503 }] },
      { hooks: { beforeError: [({ error }) => (told.push(error), error)] } },
    ).extend(refusing(() => refusal));
    expect(await end(api.get(url))).toBe(refusal);
    expect(told).toEqual([refusal]);
  });

  test('with the error that a layer has named leaves its name as it is', async () => {
    let named: Error | undefined;
    let times = 0;
    const naming = layer({
      name: 'naming',
      places: [
        verdict({
          identify: ({ error }) => new Error(`named ${String(++times)}`, { cause: error }),
          decide({ error }) {
            named = error;
            return { verdict: 'retry', delay: 0, reason: 'once more' };
          },
        }),
      ],
    });
    const api = client({ replies: [{ status: 503 }] })
      .extend(naming())
      .extend(refusing(() => named));
    expect(await end(api.get(url))).toMatchObject({ message: 'named 1', cause: { name: 'HTTPError' } });
  });
});

test('what only depends on the options is asked once for all calls of an instance', async () => {
  let asked = 0;
  const looking = layer<{ readonly one?: number; readonly two?: number }>({
    name: 'looking',
    places: [
      wirePlace({
        stage: 'observe',
        when: () => asked++ === 0,
        run: (_, next) => next(),
      }),
    ],
  });
  const api = client({ replies: [{}] })
    .extend(looking({ one: 1 }))
    .extend(looking({ two: 2 }));
  for (let call = 0; call < 3; call++) await end(api.get(url));
  expect(asked).toBe(1);
});
