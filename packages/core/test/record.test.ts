import { layer, onSettled, settled, traceOf, wire as wirePlace } from '@kyhooks/core';
import { scriptedWire, virtualClock } from '@kyhooks/testing';
import ky from 'ky';
import { describe, expect, test } from 'vitest';

const passing = layer({
  name: 'passing',
  places: [wirePlace({ stage: 'observe', run: (_, next) => next() })],
});

test('without a verdict the wait before a resend is counted from the end of the attempt', async () => {
  using clock = virtualClock();
  const { fetch } = scriptedWire(clock, { replies: [{ status: 503, afterMs: 40 }, { afterMs: 20 }] });
  const response = await clock.finish(
    ky.create({ fetch, retry: 1 }).extend(passing()).get('https://api.test/'),
  );
  expect(traceOf(response)?.attempts).toMatchObject([
    { startMs: 0, backoffMs: 0, headersMs: 40 },
    { startMs: 340, backoffMs: 300, headersMs: 20 },
  ]);
});

describe('a listener that does not need the body watched', () => {
  const heard: (string | undefined)[] = [];
  const thrifty = layer<{ readonly watch: boolean }>({
    name: 'thrifty',
    places: [
      settled(
        ({ outcome }) => void heard.push(outcome),
        ({ watch }) => watch,
      ),
    ],
  });
  const play = async (
    status: number,
    watch: boolean,
    more = {},
  ): Promise<readonly (string | undefined)[]> => {
    heard.length = 0;
    using clock = virtualClock();
    const { fetch } = scriptedWire(clock, { replies: [{ status }] });
    const api = ky.create({ fetch, retry: 0, ...thrifty({ watch }) }).extend(more);
    await clock.finish(
      api
        .get('https://api.test/')
        .text()
        .catch(() => undefined),
    );
    return heard;
  };

  test('hears of calls that end with an error', async () => {
    expect(await play(404, false)).toEqual(['failed']);
  });

  test('hears of no response', async () => {
    expect(await play(200, false)).toEqual([]);
  });

  test('hears of it where another layer watches, and where its options need it', async () => {
    expect(
      await play(
        200,
        false,
        onSettled(() => undefined),
      ),
    ).toEqual(['ok']);
    expect(await play(200, true)).toEqual(['ok']);
  });
});
