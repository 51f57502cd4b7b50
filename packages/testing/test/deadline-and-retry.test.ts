import { traceOf } from '@kyhooks/core';
import { retry } from '@kyhooks/retry';
import { fanOut, result } from '@kyhooks/result';
import { deadlineIn, timeout, type TimeoutOptions } from '@kyhooks/timeout';
import ky, { type KyInstance } from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ScriptedWire, scriptedWire, type VirtualClock, virtualClock, outcome } from '@kyhooks/testing';

let clock: VirtualClock;
let wire: ScriptedWire;
beforeEach(() => {
  clock = virtualClock();
  wire = scriptedWire(clock);
});
afterEach(() => clock.uninstall());

describe('with retry', () => {
  const api = (options: TimeoutOptions): KyInstance =>
    ky
      .create({ baseUrl: 'https://api.test/', fetch: wire.fetch })
      .extend(retry({ limit: 3, jitter: 'none' }))
      .extend(timeout(options));

  test('attempts that time out are sent again while the deadline allows it', async () => {
    const pending = outcome(api({ attempt: 300, deadline: deadlineIn(1_500) }).get('a'));
    await clock.advance(1_500);
    const error = await pending;
    // 300 ms, a wait of 300, 300 ms; the next wait of 600 does not fit: what is in hand is given.
    expect(wire.exchanges.map(({ atMs }) => atMs)).toEqual([0, 600]);
    expect(error).toMatchObject({ code: 'ATTEMPT_TIMEOUT', attempt: 2 });
    expect(traceOf(error)?.decisions.at(-1)?.reason).toContain(
      'a pause of 600 ms exceeds the remaining 600 ms',
    );
  });

  test('a deadline met is never retried', async () => {
    const pending = outcome(api({ deadline: deadlineIn(400) }).get('a'));
    await clock.advance(10_000);
    expect(await pending).toMatchObject({ code: 'DEADLINE', attempt: 1 });
    expect(wire.exchanges).toHaveLength(1);
  });

  // For methods that it lists, ky throws at the end of a total without having asked: the record had no word on it.
  test.each(['get', 'post'])(
    'that a %s is not sent again when its time is over is on the record',
    async (method) => {
      for (const options of [{ total: 400 }, { deadline: deadlineIn(800) }]) {
        const pending = outcome(api({ ...options, attempt: false })('a', { method }));
        await clock.advance(400);
        const error = await pending;
        const { code } = error as { code: string };
        expect(traceOf(error)?.decisions).toEqual([
          { attempt: 1, layer: 'retry', verdict: 'stop', reason: `${code} is not retryable` },
        ]);
      }
    },
  );
});

test.each([
  ['attempt', { attempt: 500 }, 'ATTEMPT_TIMEOUT'],
  ['total', { attempt: false, total: 500 }, 'TOTAL_TIMEOUT'],
] as const)(
  'a JSON body that stalls where it is read to be checked meets `%s` in the body',
  async (_, bounds, code) => {
    const api = ky
      .create({ baseUrl: 'https://api.test/', fetch: wire.fetch })
      .extend(retry({ limit: 0, malformedBody: true }))
      .extend(timeout(bounds));
    const pending = outcome(api.get('a').json());
    await clock.advance(100);
    await (await wire.expect('GET /a')).respond(200, { json: { id: 1 }, stall: true });
    await clock.advance(400);
    const error = await pending;
    expect(error).toMatchObject({ code, phase: 'body', elapsedMs: 500 });
    expect((error as Error).message).toContain('timed out after 500 ms (reading the body)');
    expect(traceOf(error)?.attempts).toMatchObject([{ status: 200, headersMs: 100, error: code }]);
  },
);

test('one deadline for a fan-out and its calls', async () => {
  const deadline = deadlineIn(1_000);
  const api = ky
    .create({ baseUrl: 'https://api.test/', fetch: wire.fetch })
    .extend(retry())
    .extend(timeout({ deadline }));
  await clock.advance(600);
  const run = fanOut([1, 2], (id, { signal }) => result(api.get(String(id), { signal }), 'text'), {
    deadline,
  });
  const all = run.toArray();
  await (await wire.expect('GET /1')).respond(200, { body: 'one' });
  await clock.advance(400);
  const items = await clock.finish(all);
  expect(items.map(({ result: { ok, ...rest } }) => ('kind' in rest ? rest.kind : ok))).toEqual([
    true,
    'timeout',
  ]);
  expect(run.progress).toMatchObject({ done: 2, failed: 1, elapsedMs: 400 });
});
