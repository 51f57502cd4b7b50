import { gate, layer, type CallRecord, onSettled, traceOf } from '@kyhooks/core';
import { networkError, outcome, type Reply, scriptedWire, virtualClock } from '@kyhooks/testing';
import ky, { type Options } from 'ky';
import { describe, expect, test } from 'vitest';

async function statusOf(replies: readonly Reply[], ...more: Options[]): Promise<CallRecord['status']> {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies });
  let ended: CallRecord | undefined;
  const api = ky.create({ fetch: wire.fetch, retry: 0 }).extend(onSettled((call) => (ended = call)));
  const client = more.reduce<typeof api>((own, options) => own.extend(options), api);
  await clock.finish(outcome(client.get('https://api.test/').text()));
  return ended!.status;
}

const mine = (): Response => new Response('mine', { status: 203 });
const second = (run: () => Response | undefined): Options =>
  layer({
    name: 'second',
    places: [gate({ stage: 'guard', run: ({ attempt }) => (attempt.number === 2 ? run() : undefined) })],
  })();

describe('the status on the record is that of the answer the call ends with', () => {
  test.each<[string, readonly Reply[], Options[], number | undefined]>([
    ['a success', [{ status: 200 }], [], 200],
    ['an error status', [{ status: 404 }], [], 404],
    ['the last of several', [{ status: 503 }, { status: 204 }], [{ retry: 1 }], 204],
    [
      'none behind an answer that was sent again',
      [{ status: 503 }, { error: networkError('ECONNRESET') }],
      [{ retry: 1 }],
      undefined,
    ],
    ['none', [{ error: networkError('ECONNRESET') }], [], undefined],
    ['a hook’s, before anything was sent', [], [{ hooks: { beforeRequest: [mine] } }], 203],
    ['a hook’s, in place of the server’s', [{ status: 500 }], [{ hooks: { afterResponse: [mine] } }], 203],
    [
      'a hook’s, in place of a resend',
      [{ status: 503 }],
      [{ retry: 1, hooks: { beforeRetry: [mine] } }],
      203,
    ],
    ['the gate’s', [{ status: 503 }], [{ retry: 1 }, second(mine)], 203],
    [
      'none where the gate refuses to send again',
      [{ status: 503 }],
      [
        { retry: 1 },
        second(() => {
          throw new Error('no');
        }),
      ],
      undefined,
    ],
  ])('%s', async (_, replies, more, expected) => {
    expect(await statusOf(replies, ...more)).toBe(expected);
  });

  test('and is there while the body is still to be read', async () => {
    using clock = virtualClock();
    const wire = scriptedWire(clock, { replies: [{ status: 201 }] });
    const api = ky.create({ fetch: wire.fetch }).extend(onSettled(() => undefined));
    const response = await clock.finish(api.get('https://api.test/'));
    expect(traceOf(response)?.status).toBe(201);
    expect(JSON.parse(JSON.stringify(traceOf(response)))).toMatchObject({ status: 201 });
  });
});
