import { networkError, type Reply, scriptedWire, type ScriptedWire, virtualClock } from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { describe, expect, test, vi } from 'vitest';
import {
  type CallRecord,
  layer,
  onSettled,
  type Outcome,
  traceOf,
  type Verdict,
  verdict,
  wait,
} from '../src/index.ts';

const url = 'https://api.test/a';
type Decide = (outcome: Outcome) => Verdict | undefined | Promise<Verdict | undefined>;
const judge = (name: string, decide: Decide): Options => layer({ name, places: [verdict({ decide })] })();
const again = (delay = 100): Verdict => ({ verdict: 'retry', delay, reason: 'it may pass' });
const enough: Verdict = { verdict: 'stop', reason: 'it will not pass' };

interface Played {
  readonly end: unknown;
  readonly record: CallRecord | undefined;
  readonly said: readonly string[];
  readonly sentMs: readonly number[];
  readonly atMs: number;
  readonly wire: ScriptedWire;
}

/** What comes of a call; its requests are answered by the script. */
async function play(
  replies: readonly Reply[],
  fragments: readonly Options[],
  call: (api: KyInstance) => Promise<unknown> = (api) => api.get(url),
): Promise<Played> {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies });
  let api = ky.create({ fetch: wire.fetch });
  for (const fragment of fragments) api = api.extend(fragment);
  const end = await clock.finish(call(api).catch((error: unknown) => error));
  const record = traceOf(end);
  const said = (record?.decisions ?? []).map(
    ({ layer: by, verdict: word, reason }) => `${by} ${word}: ${reason}`,
  );
  return { end, record, said, sentMs: wire.exchanges.map(({ atMs }) => atMs), atMs: clock.elapsedMs, wire };
}

test('a request that fails before it is sent is there for those who are asked', async () => {
  const asked: (string | undefined)[] = [];
  const decide: Decide = ({ request }) => void asked.push(`${request.method} ${request.url}`);
  // Without a body left, ky cannot make the copy that it sends.
  const hooks = { beforeRequest: [async ({ request }: { request: Request }) => void (await request.text())] };
  const { end, said, sentMs } = await play([{}], [{ hooks }, judge('a', decide)], (api) =>
    api.put(url, { json: {} }),
  );
  expect(end).toBeInstanceOf(TypeError);
  expect([asked, said, sentMs]).toEqual([[`PUT ${url}`], [], []]);
});

describe('of several layers with a say', () => {
  test('one that says retry is enough, whatever was said before', async () => {
    const { said, sentMs } = await play(
      [{ status: 404 }, {}],
      [judge('a', () => enough), judge('b', () => again()), judge('c', () => again(9_000))],
    );
    expect(said).toEqual(['b retry: it may pass']);
    expect(sentMs).toEqual([0, 100]);
  });

  test('those behind one that says retry are not asked', async () => {
    const later = vi.fn<Decide>();
    await play([{ status: 404 }, {}], [judge('a', () => again()), judge('b', later)]);
    expect(later).not.toHaveBeenCalled();
  });

  test('the first that says stop is the one that is noted', async () => {
    const { said, sentMs } = await play(
      [{ status: 503 }],
      [
        judge('a', () => undefined),
        judge('b', () => enough),
        judge('c', () => ({ ...enough, reason: 'me too' })),
      ],
    );
    expect(said).toEqual(['b stop: it will not pass']);
    expect(sentMs).toEqual([0]);
  });

  test('one that throws has no say, and is noted', async () => {
    const broken = judge('a', () => {
      throw new RangeError('a mistake');
    });
    const { said, sentMs } = await play([{ status: 503 }, {}], [broken]);
    expect(said).toEqual(['a threw: its decide() threw RangeError', "ky retry: by ky's own rules"]);
    expect(sentMs).toEqual([0, 300]);
    const beside = await play([{ status: 503 }, {}], [broken, judge('b', () => again(50))]);
    expect(beside.said).toEqual(['a threw: its decide() threw RangeError', 'b retry: it may pass']);
    expect(beside.sentMs).toEqual([0, 50]);
  });
});

describe('what a layer is asked', () => {
  test('names the retries made and left, and the request', async () => {
    const asked: unknown[] = [];
    await play(
      [{ status: 503 }],
      [
        { retry: { limit: 2, methods: ['get'] } },
        judge('a', ({ request, response, error, retryCount, retriesLeft, ky: own }) => {
          asked.push([request.url, response?.status, error.name, retryCount, retriesLeft, own]);
          return again();
        }),
      ],
    );
    const own = { limit: 2, methods: ['get'] };
    expect(asked).toEqual([
      [url, 503, 'HTTPError', 0, 2, own],
      [url, 503, 'HTTPError', 1, 1, own],
      [url, 503, 'HTTPError', 2, 0, own],
    ]);
  });

  test('is nothing where the caller has aborted, nor is ky asked for a delay', async () => {
    const decide = vi.fn<Decide>(() => again());
    const delay = vi.fn<() => number>(() => 100);
    for (const reason of [new Error('mine'), 'mine']) {
      const { end } = await play([{ hang: true }], [judge('a', decide)], async (api) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(reason), 50);
        return api.get(url, { signal: controller.signal, retry: { delay } });
      });
      expect(end).toBe(reason);
    }
    expect(decide).not.toHaveBeenCalled();
    expect(delay).not.toHaveBeenCalled();
  });

  test('is nothing about an opaque answer, whose status nobody knows', async () => {
    const decide = vi.fn<Decide>(() => again());
    for (const throwHttpErrors of [true, false]) {
      const ended: unknown[] = [];
      const opaque = Object.defineProperties(new Response(null), {
        type: { value: 'opaque' },
        ok: { value: false },
        status: { value: 0 },
      });
      const fetch = async (): Promise<Response> => opaque;
      const { end } = await play(
        [],
        [{ fetch, throwHttpErrors }, judge('a', decide), onSettled(({ outcome }) => ended.push(outcome))],
      );
      expect(end).toBe(opaque);
      expect(ended).toEqual(['ok']);
    }
    expect(decide).not.toHaveBeenCalled();
  });
});

describe('a verdict', () => {
  test("has the delay it says: the user's jitter and backoffLimit are for ky's own delays", async () => {
    const { sentMs } = await play(
      [{ status: 503 }, {}],
      [{ retry: { jitter: (delay) => delay / 2, backoffLimit: 200 } }, judge('a', () => again(5_000))],
    );
    expect(sentMs).toEqual([0, 5_000]);
  });

  test.each<[string, Options, (api: KyInstance) => Promise<unknown>]>([
    ['POST', {}, (api) => api.post(url)],
    ['POST in a Request', {}, (api) => api(new Request(url, { method: 'POST' }))],
    ['PATCH in a Request', {}, (api) => api(new Request(url, { method: 'PATCH' }))],
    ['PUT in a Request', { retry: { methods: ['get'] } }, (api) => api(new Request(url, { method: 'PUT' }))],
    ['a method of its own', { retry: { methods: ['get'] } }, (api) => api(url, { method: 'PROPFIND' })],
  ])('holds for methods that ky does not retry: %s', async (_, options, call) => {
    const { sentMs } = await play([{ status: 404 }, {}], [options, judge('a', () => again())], call);
    expect(sentMs).toEqual([0, 100]);
  });

  test('of nobody leaves an answer that is not thrown to the caller', async () => {
    const { end, wire, said } = await play(
      [{ status: 503, json: { why: 'busy' } }],
      [{ throwHttpErrors: false }, judge('a', () => undefined)],
      async (api) => (await api.get(url)).json(),
    );
    expect(end).toEqual({ why: 'busy' });
    expect([wire.bodies, said]).toEqual([['read'], []]);
  });

  test('that sends an answer without a body again needs none to give back', async () => {
    let sent = 0;
    const fetch = async (): Promise<Response> => new Response(null, { status: sent++ ? 204 : 503 });
    const { end } = await play(
      [],
      [{ fetch, throwHttpErrors: false }, judge('a', ({ response }) => (response ? again() : undefined))],
    );
    expect([(end as Response).status, sent]).toEqual([204, 2]);
  });

  test('is of one outcome: a resend that is forced later has the delay that ky computes', async () => {
    const { sentMs } = await play(
      [{ status: 503 }, {}],
      [
        judge('a', ({ response }) => (response?.status === 503 ? again(5_000) : undefined)),
        { hooks: { afterResponse: [({ retryCount }) => (retryCount === 1 ? ky.retry() : undefined)] } },
      ],
    );
    expect(sentMs).toEqual([0, 5_000, 5_600]);
  });

  test('of a wait that does not fit is no wait: the outcome at hand is the answer', async () => {
    const { end, atMs, said } = await play(
      [{ status: 503 }],
      [{ totalTimeout: 800 }, judge('a', () => undefined)],
    );
    expect(end).toMatchObject({ name: 'HTTPError', response: { status: 503 } });
    expect(atMs).toBe(300);
    expect(said).toEqual([
      "ky retry: by ky's own rules",
      'ky stop: a pause of 600 ms exceeds the remaining 500 ms',
    ]);
  });
});

describe('where ky ends a call without asking, the record says why', () => {
  test.each<[string, readonly Reply[], Options, (api: KyInstance) => Promise<unknown>, string]>([
    [
      'at the limit',
      [{ status: 503 }],
      { retry: 0 },
      (api) => api.get(url),
      'a stop: it may pass, but the limit of 0 retries is reached',
    ],
    [
      'for a method that it does not know',
      [{ error: networkError('ECONNRESET') }],
      {},
      (api) => api(new Request(url, { method: 'PROPFIND' })),
      'a stop: it may pass, but ky does not retry PROPFIND',
    ],
    [
      'when the total is over',
      [{ hang: true }],
      { totalTimeout: 100, timeout: false },
      (api) => api.get(url),
      'a stop: it may pass, but ky has ended the call',
    ],
  ])('%s', async (_, replies, options, call, words) => {
    const left: number[] = [];
    const fragment = judge('a', ({ retriesLeft }) => {
      left.push(retriesLeft);
      return again(0);
    });
    expect((await play(replies, [options, fragment], call)).said).toEqual([words]);
    expect(left).toEqual([0]);
  });
});

test('the wait before a resend begins when the verdict is there', async () => {
  const { record } = await play(
    [{ status: 503, afterMs: 40 }, { afterMs: 20 }],
    [
      judge('a', async () => {
        await wait(60);
        return again();
      }),
    ],
  );
  expect(record?.attempts).toMatchObject([
    { startMs: 0, backoffMs: 0, headersMs: 40 },
    { startMs: 200, backoffMs: 100, headersMs: 20 },
  ]);
});

describe('a call that is aborted while it waits to be sent again', () => {
  test.each<[string, Options, string]>([
    ['as ky computes it', judge('a', () => undefined), 'backoff'],
    ['as a verdict says', judge('a', () => again(5_000)), 'backoff'],
  ])('%s, was waiting, and its attempt had not failed', async (_, fragment, phase) => {
    const { record } = await play([{ status: 503 }], [fragment], async (api) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('mine')), 50);
      return api.get(url, { signal: controller.signal });
    });
    expect(record).toMatchObject({ outcome: 'aborted', phase, attempts: [{ status: 503 }] });
    expect(record?.attempts[0]?.error).toBeUndefined();
  });

  test('ends at once, also where the reason is no Error and the signal is inside a Request', async () => {
    const ended: unknown[] = [];
    const fragments = [onSettled(({ outcome, durationMs }) => ended.push([outcome, durationMs]))];
    const { end } = await play([{ status: 503 }], fragments, async (api) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort('mine'), 50);
      return api(new Request(url, { signal: controller.signal }));
    });
    expect([end, ended]).toEqual(['mine', [['aborted', 50]]]);
  });
});

describe('an error that a layer has named', () => {
  const named = (asked: Error[]): Options =>
    layer({
      name: 'named',
      places: [
        verdict({
          identify({ error }) {
            asked.push(error);
            return Object.assign(new Error('named', { cause: error }), { code: 'NAMED' });
          },
        }),
      ],
    })();

  test('has its name in hooks, in the record and for the caller, and is named once', async () => {
    const asked: Error[] = [];
    const seen: unknown[] = [];
    const { end, record } = await play(
      [{ error: networkError('ECONNRESET') }],
      [
        {
          retry: 1,
          hooks: {
            beforeRetry: [({ error }) => void seen.push(error.message)],
            beforeError: [({ error }) => (seen.push(error.message), error)],
          },
        },
        named(asked),
      ],
    );
    expect(end).toMatchObject({ code: 'NAMED', cause: { name: 'NetworkError' } });
    expect(seen).toEqual(['named', 'named']);
    expect(asked.map(({ name }) => name)).toEqual(['NetworkError', 'NetworkError']);
    expect(record).toMatchObject({ error: 'NAMED', outcome: 'failed' });
    // Who only names errors has no say.
    expect(record?.decisions).toEqual([
      { attempt: 1, layer: 'ky', verdict: 'retry', reason: "by ky's own rules" },
    ]);
  });

  test('is the caller’s own where the caller has aborted', async () => {
    const asked: Error[] = [];
    const reason = new Error('mine');
    const { end } = await play([{ hang: true }], [named(asked)], async (api) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 50);
      return api.get(url, { signal: controller.signal });
    });
    expect([end, asked]).toEqual([reason, []]);
  });
});
