import { onSettled, OptionsError } from '@kyhooks/core';
import { countListeners, type VirtualClock, virtualClock } from '@kyhooks/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import ky from 'ky';
import {
  fanOut,
  type FanOutItem,
  type FanOutOptions,
  type FanOutProgress,
  result as resultOf,
} from '../src/index.ts';

let clock: VirtualClock;
beforeEach(() => void (clock = virtualClock()));
afterEach(() => clock.uninstall());

/** Calls that a test ends by hand, and what was seen of them. */
class Calls {
  readonly begun: number[] = [];
  readonly aborted: number[] = [];
  readonly reasons: unknown[] = [];
  running = 0;
  most = 0;
  readonly #ends = new Map<number, { resolve: (value: string) => void; reject: (error: unknown) => void }>();

  readonly call = async (input: number, { signal }: { signal: AbortSignal }): Promise<string> => {
    this.begun.push(input);
    this.most = Math.max(this.most, ++this.running);
    signal.addEventListener('abort', () => {
      this.aborted.push(input);
      this.reasons.push(signal.reason);
    });
    try {
      return await new Promise<string>((resolve, reject) => this.#ends.set(input, { resolve, reject }));
    } finally {
      this.running--;
    }
  };

  async end(input: number): Promise<void> {
    this.#ends.get(input)!.resolve(`done ${input}`);
    await clock.settle();
  }

  async fail(input: number, error: unknown): Promise<void> {
    this.#ends.get(input)!.reject(error);
    await clock.settle();
  }
}

/** Inputs without an end, which know what was taken, and whether they were let go. */
class Endless implements Iterable<number> {
  taken = 0;
  released = false;

  *[Symbol.iterator](): Generator<number> {
    try {
      for (;;) yield this.taken++;
    } finally {
      this.released = true;
    }
  }
}

const briefly = ({ input, result }: FanOutItem<number, unknown>): string =>
  `${input} ${result.ok ? String(result.data) : result.kind}`;

/** Reads in the background; what has come so far is in `items`. */
function read<Value>(run: AsyncIterable<FanOutItem<number, Value>>): {
  items: string[];
  over: Promise<unknown>;
} {
  const items: string[] = [];
  const over = (async () => {
    for await (const item of run) items.push(briefly(item));
    return 'over';
  })().catch((error: unknown) => error);
  return { items, over };
}

describe('order', () => {
  test('of the inputs by default, each result as soon as its turn comes', async () => {
    const calls = new Calls();
    const { items, over } = read(fanOut([1, 2, 3], calls.call));
    await clock.settle();
    await calls.end(2);
    expect(items).toEqual([]);
    await calls.end(1);
    expect(items).toEqual(['1 done 1', '2 done 2']);
    await calls.end(3);
    expect(items).toEqual(['1 done 1', '2 done 2', '3 done 3']);
    expect(await over).toBe('over');
  });

  test('of completion', async () => {
    const calls = new Calls();
    const { items } = read(fanOut([1, 2, 3], calls.call, { order: 'completion' }));
    await clock.settle();
    await calls.end(2);
    expect(items).toEqual(['2 done 2']);
    await calls.end(3);
    await calls.end(1);
    expect(items).toEqual(['2 done 2', '3 done 3', '1 done 1']);
  });

  test.each([
    ['input', [1, 2, 3]],
    ['completion', [3, 2, 1]],
  ] as const)('an array in the order of %s', async (order, expected) => {
    const run = fanOut([1, 2, 3], (n) => new Promise((resolve) => setTimeout(resolve, 100 - n, n)), {
      order,
    });
    const items = await clock.finish(run.toArray());
    expect(items.map(({ input }) => input)).toEqual(expected);
    expect(items.map(({ index }) => index + 1)).toEqual(expected);
    expect(run.end).toBe('completed');
  });
});

describe('bounds', () => {
  test('an input is asked for when it can be run, and not before', async () => {
    const inputs = new Endless();
    const calls = new Calls();
    const run = fanOut(inputs, calls.call, { concurrency: 2, order: 'completion' });
    expect(inputs.taken).toBe(0);
    read(run);
    await clock.settle();
    expect(calls.begun).toEqual([0, 1]);
    expect(inputs.taken).toBe(2);
    await calls.end(0);
    expect(calls.begun).toEqual([0, 1, 2]);
    expect(calls.most).toBe(2);
  });

  test('nothing is begun while as many results wait to be read', async () => {
    const inputs = new Endless();
    const run = fanOut(inputs, async (n) => n, { concurrency: 3 });
    const reader = run[Symbol.asyncIterator]();
    await reader.next();
    await clock.settle();
    // One was read; three wait, and some more may have been in flight when the third came.
    const held = inputs.taken - 1;
    expect(held).toBeLessThan(6);
    await clock.advance(1_000);
    expect(inputs.taken - 1).toBe(held);
    await reader.return!();
    expect(inputs.released).toBe(true);
  });

  test('a slow first call holds up a bounded number of others', async () => {
    const calls = new Calls();
    const { items } = read(fanOut(new Endless(), calls.call, { concurrency: 2 }));
    await clock.settle();
    await calls.end(1);
    await calls.end(2);
    await calls.end(3).catch(() => undefined);
    expect(calls.begun).toEqual([0, 1, 2]);
    expect(items).toEqual([]);
    await calls.end(0);
    expect(items).toEqual(['0 done 0', '1 done 1', '2 done 2']);
  });

  test('async inputs are asked one at a time', async () => {
    let asked = 0;
    let most = 0;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          most = Math.max(most, ++asked);
          await new Promise((resolve) => setTimeout(resolve, 10));
          asked--;
          return { done: false, value: 1 };
        },
      }),
    };
    const run = fanOut(source, async (n) => n, { deadline: 200 });
    const items = await clock.finish(run.toArray());
    expect(most).toBe(1);
    expect(items).toHaveLength(19);
    expect(run.end).toBe('deadline');
  });
});

test.each<[string, Iterable<unknown> | AsyncIterable<unknown>, number | undefined]>([
  ['an array', ['a', 'b'], 2],
  ['a Set', new Set(['a', 'b']), 2],
  ['a string', 'ab', 2],
  [
    'a generator',
    (function* () {
      yield* 'ab';
    })(),
    undefined,
  ],
  [
    'an async generator',
    (async function* () {
      yield* 'ab';
    })(),
    undefined,
  ],
])('inputs may be %s', async (_, inputs, total) => {
  const run = fanOut(inputs, async (input) => `${String(input)}!`);
  expect((await run.toArray()).map(({ result }) => result)).toEqual([
    { ok: true, data: 'a!' },
    { ok: true, data: 'b!' },
  ]);
  expect(run.progress.total).toBe(total);
});

describe('failures', () => {
  test('one ends none of the others', async () => {
    const calls = new Calls();
    const { items, over } = read(fanOut([1, 2], calls.call));
    await clock.settle();
    await calls.fail(1, Object.assign(new Error('no'), { code: 'ECONNRESET' }));
    await calls.end(2);
    await over;
    expect(items).toEqual(['1 network', '2 done 2']);
  });

  test('a call that throws at once is one, too', async () => {
    const throws = (): never => {
      throw new TypeError('x is not a function');
    };
    const [item] = await fanOut([1], throws).toArray();
    expect(item!.result).toMatchObject({ ok: false, kind: 'unknown', error: { name: 'TypeError' } });
  });

  test('one whose error cannot be asked, because its getters throw, neither', async () => {
    const hostile = Object.defineProperty(new Error('x'), 'code', {
      get: () => {
        throw new Error('no');
      },
    });
    const calls = new Calls();
    const { items, over } = read(fanOut([1, 2], calls.call));
    await clock.settle();
    await calls.fail(1, hostile);
    await calls.end(2);
    expect(await over).toBe('over');
    expect(items).toEqual(['1 unknown', '2 done 2']);
  });

  test('one that wraps the error of a call has the record of that call', async () => {
    const api = ky.create({ retry: 0, fetch: () => Promise.reject(new TypeError('fetch failed')) });
    const call = async (): Promise<unknown> => {
      try {
        return await api.extend(onSettled(() => undefined)).get('https://api.test/a');
      } catch (cause) {
        throw new Error('wrapped', { cause });
      }
    };
    const [item] = await clock.finish(fanOut([1], call).toArray());
    expect(item!.result).toMatchObject({ kind: 'network', attempts: 1, trace: { outcome: 'failed' } });
  });

  test('stopOn begins no more, and lets what is in flight finish', async () => {
    const inputs = new Endless();
    const calls = new Calls();
    const run = fanOut(inputs, calls.call, { concurrency: 2, stopOn: ({ result }) => !result.ok });
    const { items, over } = read(run);
    await clock.settle();
    await calls.fail(0, new Error('no'));
    expect(inputs.released).toBe(true);
    expect(run.end).toBeUndefined();
    await calls.end(1);
    await over;
    expect(items).toEqual(['0 unknown', '1 done 1']);
    expect(calls.aborted).toEqual([]);
    expect(run.end).toBe('stopped');
  });

  test('stopOn that throws ends the run with its error, behind all results', async () => {
    const mine = new Error('mine');
    const stopOn = (): never => {
      throw mine;
    };
    const { items, over } = read(fanOut([1, 2, 3], async (n) => n, { concurrency: 1, stopOn }));
    expect(await over).toBe(mine);
    expect(items).toEqual(['1 1']);
  });

  test('inputs that cannot be begun end the run with their error, too', async () => {
    const mine = new Error('mine');
    const inputs: Iterable<number> = {
      [Symbol.iterator]: () => {
        throw mine;
      },
    };
    const run = fanOut(inputs, async (n) => n);
    await expect(run.toArray()).rejects.toBe(mine);
    expect(run.end).toBe('failed');
  });

  test('inputs that throw when the run was stopped already change nothing', async () => {
    const calls = new Calls();
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => {
        let asked = 0;
        return {
          next: async () => {
            if (++asked === 1) return { done: false, value: 1 };
            await new Promise((resolve) => setTimeout(resolve, 100));
            throw new Error('too late');
          },
        };
      },
    };
    const run = fanOut(source, calls.call, { stopOn: () => true });
    const { items, over } = read(run);
    await clock.settle();
    await calls.end(1);
    await clock.advance(100);
    expect(await over).toBe('over');
    expect([items, run.end]).toEqual([['1 done 1'], 'stopped']);
  });

  test('inputs that throw end the run with their error, behind all results', async () => {
    const mine = new Error('mine');
    function* source(): Generator<number> {
      yield 1;
      throw mine;
    }
    const run = fanOut(source(), async (n) => n);
    const { items, over } = read(run);
    expect(await over).toBe(mine);
    expect(items).toEqual(['1 1']);
    expect(run.end).toBe('failed');
  });
});

describe('an early end', () => {
  test.each(['input', 'completion'] as const)(
    'an abort ends calls that take no notice, keeps what is finished, in order of %s',
    async (order) => {
      const controller = new AbortController();
      const listeners = countListeners(controller.signal);
      const inputs = new Endless();
      const calls = new Calls();
      const run = fanOut(inputs, calls.call, { concurrency: 3, order, signal: controller.signal });
      const { items, over } = read(run);
      await clock.settle();
      await calls.end(1);
      expect(listeners.count).toBe(1);
      controller.abort(new Error('mine'));
      expect(await over).toBe('over');
      expect(items.toSorted()).toEqual(['0 aborted', '1 done 1', '2 aborted', '3 aborted']);
      expect(calls.aborted).toEqual([0, 2, 3]);
      expect(run.end).toBe('aborted');
      expect(inputs.released).toBe(true);
      // Too late to be heard.
      await calls.end(0);
      expect(items).toHaveLength(4);
    },
  );

  test("the aborted results carry the signal's own reason, and their time", async () => {
    const controller = new AbortController();
    await clock.advance(1_000);
    const pending = fanOut([1], new Calls().call, { signal: controller.signal }).toArray();
    await clock.advance(20);
    controller.abort('mine');
    const [item] = await pending;
    expect(item!.result).toMatchObject({ kind: 'aborted', error: 'mine', latencyMs: 20 });
  });

  test('aborted before: nothing is begun', async () => {
    const calls = new Calls();
    const run = fanOut([1], calls.call, { signal: AbortSignal.abort() });
    expect(await run.toArray()).toEqual([]);
    expect(calls.begun).toEqual([]);
    expect(run.end).toBe('aborted');
  });

  test.each<[string, () => FanOutOptions['deadline']]>([
    ['a time', () => 500],
    ['a Date', () => new Date(Date.now() + 500)],
    [
      'a deadline that calls share',
      () => {
        const endMs = performance.now() + 500;
        return {
          get remainingMs() {
            return endMs - performance.now();
          },
        };
      },
    ],
  ])('the deadline: %s', async (_, deadlineOf) => {
    const calls = new Calls();
    const deadline = deadlineOf()!;
    const run = fanOut([1, 2], calls.call, { deadline });
    const { items, over } = read(run);
    await clock.settle();
    await calls.end(1);
    await clock.advance(499);
    expect(run.end).toBeUndefined();
    await clock.advance(1);
    await over;
    expect(items).toEqual(['1 done 1', '2 timeout']);
    expect(calls.reasons).toMatchObject([
      { name: 'TimeoutError', message: 'The fan-out has met its deadline, 500 ms from its start' },
    ]);
    expect(run.end).toBe('deadline');
    expect(clock.timers).toBe(0);
  });

  test.each<[string, NonNullable<FanOutOptions['deadline']>]>([
    ['no time', 0],
    ['a Date', new Date(-1)],
    ['a deadline', { remainingMs: -1 }],
  ])('the deadline has passed before: %s: nothing is begun', async (_, deadline) => {
    const calls = new Calls();
    const run = fanOut([1], calls.call, { deadline });
    expect(await run.toArray()).toEqual([]);
    expect([calls.begun, run.end, clock.timers]).toEqual([[], 'deadline', 0]);
  });

  test.each([-1, Number.NaN, '1', null, {}, new Date(Number.NaN), { remainingMs: 'soon' }])(
    'no deadline: %s',
    (deadline) => {
      expect(() => fanOut([], () => 1, { deadline: deadline as never })).toThrow(
        /deadline must be milliseconds from 0 up, a valid Date or a deadline/,
      );
    },
  );

  test('inputs that hang hold nothing up', async () => {
    const hangs: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    };
    const run = fanOut(hangs, async (n) => n, { deadline: 100 });
    expect(await clock.finish(run.toArray())).toEqual([]);
    expect(run.end).toBe('deadline');
  });

  test('a reader who leaves aborts what is in flight', async () => {
    const controller = new AbortController();
    const listeners = countListeners(controller.signal);
    const inputs = new Endless();
    const calls = new Calls();
    const options: FanOutOptions<number, string> = {
      concurrency: 2,
      deadline: 1_000,
      signal: controller.signal,
    };
    const run = fanOut(inputs, calls.call, options);
    const leaving = (async () => {
      for await (const _ of run) break;
    })();
    await clock.settle();
    await calls.end(0);
    await leaving;
    expect(calls.aborted).toEqual([1, 2]);
    expect(calls.reasons).toMatchObject([
      { name: 'AbortError', message: 'Nobody reads the results any more' },
      { name: 'AbortError' },
    ]);
    expect(inputs.released).toBe(true);
    expect({ end: run.end, timers: clock.timers, listeners: listeners.count }).toEqual({
      end: 'left',
      timers: 0,
      listeners: 0,
    });
  });
});

test('a reader who returns while a result is awaited aborts what is in flight at once', async () => {
  const calls = new Calls();
  const run = fanOut([1, 2], calls.call);
  const reader = run[Symbol.asyncIterator]();
  const awaited = reader.next();
  await clock.settle();
  const returned = reader.return!(undefined);
  expect(calls.aborted).toEqual([1, 2]);
  expect(await awaited).toMatchObject({ done: false, value: { input: 1, result: { kind: 'aborted' } } });
  expect(await returned).toEqual({ done: true, value: undefined });
  expect(run.end).toBe('left');
});

test('a second reader who returns does not end the run of the first', async () => {
  const calls = new Calls();
  const run = fanOut([1], calls.call);
  const { items, over } = read(run);
  await clock.settle();
  await run[Symbol.asyncIterator]().return!(undefined);
  await calls.end(1);
  await over;
  expect([items, run.end]).toEqual([['1 done 1'], 'completed']);
});

test('inputs that end the run themselves are let go, too', async () => {
  const controller = new AbortController();
  let released = false;
  function* source(): Generator<number> {
    try {
      yield 1;
      controller.abort();
      yield 2;
    } finally {
      released = true;
    }
  }
  const calls = new Calls();
  const run = fanOut(source(), calls.call, { signal: controller.signal });
  await run.toArray();
  expect([calls.begun, run.end, released]).toEqual([[1], 'aborted', true]);
});

test('inputs are let go once, also where a run that was stopped is aborted', async () => {
  let returned = 0;
  const inputs: Iterable<number> = {
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: 1 }),
      return: () => ({ done: true, value: ++returned }),
    }),
  };
  const controller = new AbortController();
  let begun = 0;
  const call = (): unknown =>
    ++begun === 1 ? Promise.reject(new Error('no')) : new Promise(() => undefined);
  const run = fanOut(inputs, call, {
    concurrency: 2,
    signal: controller.signal,
    stopOn: ({ result: { ok } }) => !ok,
  });
  const pending = run.toArray();
  await clock.settle();
  expect(returned).toBe(1);
  controller.abort();
  await pending;
  expect([run.end, returned]).toEqual(['aborted', 1]);
});

test('a result comes at once, also while the next input is awaited', async () => {
  const calls = new Calls();
  async function* source(): AsyncGenerator<number> {
    yield 1;
    await new Promise(() => undefined);
  }
  const { items } = read(fanOut(source(), calls.call));
  await clock.settle();
  await calls.end(1);
  expect(items).toEqual(['1 done 1']);
});

test('a Result is handed on as it is, and what only looks like one is a plain value', async () => {
  const api = ky.create({ fetch: async () => new Response('"hi"') });
  const first = await resultOf(api.get('https://api.test/a'));
  const values = [first, { ok: true }, { ok: 'yes', latencyMs: 1 }, { latencyMs: 1 }, null];
  const items = await fanOut(values, async (value) => value).toArray();
  expect(items[0]!.result).toBe(first);
  expect(items.slice(1).map((item) => item.result)).toEqual(
    values.slice(1).map((data) => ({ ok: true, data })),
  );
});

test('progress counts failures, and knows no time left before the first result', async () => {
  const calls = new Calls();
  const run = fanOut([1, 2], calls.call);
  read(run);
  await clock.advance(100);
  expect(run.progress).toMatchObject({ done: 0, running: 2, elapsedMs: 100, remainingMs: undefined });
  await calls.fail(1, new Error('no'));
  expect(run.progress).toMatchObject({ done: 1, failed: 1, running: 1, remainingMs: 100 });
});

test('what onProgress rejects with is ignored, too', async () => {
  const onProgress = async (): Promise<never> => {
    throw new Error('breaks nothing');
  };
  expect(await fanOut([1], async (n) => n, { onProgress }).toArray()).toHaveLength(1);
});

test('progress, with rate and time left', async () => {
  await clock.advance(1_000);
  const seen: FanOutProgress[] = [];
  const onProgress = (progress: FanOutProgress): never => {
    seen.push(progress);
    throw new Error('breaks nothing');
  };
  const slow = (n: number): Promise<number> => new Promise((resolve) => setTimeout(resolve, 100, n));
  const run = fanOut([1, 2, 3, 4], slow, { concurrency: 2, onProgress });
  expect(run.progress).toMatchObject({ done: 0, running: 0, total: 4, perSecond: 0, remainingMs: undefined });
  await clock.finish(run.toArray());
  expect(seen.map(({ done }) => done)).toEqual([1, 2, 3, 4]);
  expect(seen[1]).toEqual({
    done: 2,
    failed: 0,
    running: 1,
    total: 4,
    elapsedMs: 100,
    perSecond: 20,
    remainingMs: 100,
  });
  expect(seen[3]).toMatchObject({ elapsedMs: 200, remainingMs: 0 });
});

test('no total for inputs that do not tell', async () => {
  const run = fanOut(new Endless(), async (n) => n);
  expect(run.progress).toMatchObject({ total: undefined, remainingMs: undefined });
  expect(fanOut(new Map([[1, 2]]), async () => 1).progress.total).toBe(1);
});

test('can be read once', async () => {
  const run = fanOut([1], async (n) => n);
  await run.toArray();
  await expect(run.toArray()).rejects.toThrow('can be read once');
});

test('names every option that is not valid', () => {
  const make = (): unknown =>
    fanOut([], async (n) => n, { concurrency: 0, order: 'any', signal: 1 } as never);
  expect(make).toThrow(
    /^fanOut\(\) was given.*\n.*concurrency must be.*\n.*order must be.*\n.*signal must be an AbortSignal/,
  );
  expect(make).toThrow(OptionsError);
});
