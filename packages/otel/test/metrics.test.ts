import { gate, layer, verdict } from '@kyhooks/core';
import { networkError, outcome } from '@kyhooks/testing';
import type { Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { otel } from '../src/index.ts';
import { stage } from './sdk.ts';

const url = 'https://api.test:8443/users/42?sig=secret';
const base = { 'http.request.method': 'GET', 'server.address': 'api.test', 'server.port': 8443 };

describe('http.client.request.duration', () => {
  test('in seconds, one value for each attempt, with what its span shows', async () => {
    using at = stage(
      {},
      [
        { status: 503, afterMs: 40 },
        { error: networkError('ECONNRESET'), afterMs: 10 },
        { json: {}, afterMs: 250 },
      ],
      { retry: 2 },
    );
    await at.clock.finish(at.api.get(url));
    const points = await at.points('http.client.request.duration');
    expect(points).toMatchObject([
      {
        unit: 's',
        count: 1,
        attributes: { ...base, 'http.response.status_code': 503, 'error.type': '503' },
      },
      { count: 1, attributes: { ...base, 'error.type': 'ECONNRESET' } },
      { count: 1, attributes: { ...base, 'http.response.status_code': 200 } },
    ]);
    expect(points.map(({ value }) => value)).toEqual(
      [0.04, 0.01, 0.25].map((seconds) => expect.closeTo(seconds)),
    );
    expect(points.map(({ attributes }) => Object.keys(attributes).length)).toEqual([5, 4, 4]);
  });

  test('is the same time as the span’s', async () => {
    using at = stage({}, [{ json: {}, afterMs: 123 }]);
    await at.clock.finish(at.api.get(url));
    expect(at.spans[0]?.duration).toEqual([0, 123e6]);
    expect((await at.points('http.client.request.duration'))[0]?.value).toBeCloseTo(0.123);
  });

  test('counts what the caller aborted, without an error', async () => {
    using at = stage();
    const controller = new AbortController();
    const pending = outcome(at.api.get(url, { signal: controller.signal }));
    await at.wire.expect('GET /users/42?sig=secret');
    controller.abort();
    await pending;
    expect(await at.points('http.client.request.duration')).toMatchObject([{ count: 1, attributes: base }]);
  });
});

describe('http.client.active_requests', () => {
  test('is what is on the wire now', async () => {
    using at = stage();
    const pending = [outcome(at.api.get(url)), outcome(at.api.get(url))];
    const first = await at.wire.expect('GET /users/42?sig=secret');
    const second = await at.wire.expect('GET /users/42?sig=secret');
    const now = async (): Promise<unknown> =>
      (await at.points('http.client.active_requests')).map(({ unit, value, attributes }) => [
        unit,
        value,
        attributes,
      ]);
    expect(await now()).toEqual([['{request}', 2, base]]);
    await first.respond(200);
    expect(await now()).toEqual([['{request}', 1, base]]);
    await second.fail(new TypeError('Failed to fetch'));
    await Promise.all(pending);
    expect(await now()).toEqual([['{request}', 0, base]]);
  });

  test('shows the template of the path where one is known', async () => {
    using at = stage({}, [{ json: {} }]);
    const route = layer({
      name: 'route',
      places: [gate({ stage: 'prepare', run: ({ call }) => void (call.route = '/users/{id}') })],
    });
    await at.clock.finish(at.api.get(url, route()));
    expect(await at.points('http.client.active_requests')).toMatchObject([
      { value: 0, attributes: { ...base, 'url.template': '/users/{id}' } },
    ]);
  });
});

/** A layer that does to the record what layers of the toolkit do. */
const says = (word: string, then: Options['hooks'] | 'refuse' = {}): Options =>
  layer({
    name: 'limiter',
    places: [
      gate({
        stage: 'admit',
        run: ({ call, attempt }) => {
          attempt.queuedMs = 200;
          call.decide('limiter', word, 'in words', 500);
          if (then === 'refuse') throw new Error('refused');
        },
      }),
    ],
  })();

describe('the toolkit’s own', () => {
  test('decisions: retries, by whom', async () => {
    using at = stage({}, [{ status: 503 }, { status: 503 }, { json: {} }], { retry: 2 });
    await at.clock.finish(at.api.get(url));
    expect(await at.points('kyhooks.client.decisions')).toMatchObject([
      {
        unit: '{decision}',
        value: 2,
        attributes: { ...base, 'kyhooks.layer': 'ky', 'kyhooks.verdict': 'retry' },
      },
    ]);
  });

  test('decisions: a pause, once for each', async () => {
    using at = stage({}, [{ status: 503 }, { json: {} }], { retry: 1 });
    await at.clock.finish(at.api.get(url, says('paused')));
    const counted = (await at.points('kyhooks.client.decisions')).map(({ attributes, value }) => [
      attributes['kyhooks.layer'],
      attributes['kyhooks.verdict'],
      value,
    ]);
    expect(counted).toEqual([
      ['limiter', 'paused', 2],
      ['ky', 'retry', 1],
    ]);
  });

  test('decisions: a refusal, though nothing was sent', async () => {
    using at = stage();
    await outcome(at.api.get(url, says('refused', 'refuse')));
    expect(await at.points()).toMatchObject([
      {
        name: 'kyhooks.client.decisions',
        value: 1,
        attributes: { ...base, 'kyhooks.layer': 'limiter', 'kyhooks.verdict': 'refused' },
      },
    ]);
  });

  test('decisions: a retry whose wait the caller aborted', async () => {
    using at = stage({}, [{ status: 503 }], { retry: 1 });
    const patient = layer({
      name: 'patient',
      places: [verdict({ decide: () => ({ verdict: 'retry', delay: 500, reason: 'it may pass' }) })],
    });
    const controller = new AbortController();
    setTimeout(() => controller.abort('mine'), 100);
    await at.clock.finish(outcome(at.api.get(url, { signal: controller.signal, ...patient() })));
    expect(await at.points('kyhooks.client.decisions')).toMatchObject([{ value: 1 }]);
  });

  test('decisions: other words are not counted, for anybody may add some', async () => {
    using at = stage({}, [{ json: {} }]);
    await at.clock.finish(at.api.get(url, says('note')));
    expect(await at.points('kyhooks.client.decisions')).toEqual([]);
  });

  test('waits: in a queue, before a resend, for the server', async () => {
    using at = stage({}, [{ status: 500 }, { status: 429, headers: { 'retry-after': '2' } }, { json: {} }], {
      retry: 2,
    });
    const pausing = layer({
      name: 'pausing',
      places: [
        gate({
          stage: 'guard',
          run: ({ call, attempt }) => {
            // What retry() does when the server asks for a pause.
            if (attempt.number === 2) call.notBeforeMs = call.elapsedMs + 2_000;
          },
        }),
      ],
    });
    await at.clock.finish(at.api.get(url, { ...says('note'), ...pausing() }));
    const waits = (await at.points('kyhooks.client.wait.duration')).map(
      ({ unit, attributes, count, value }) => [unit, attributes['kyhooks.wait'], count, value],
    );
    expect(waits).toEqual([
      ['s', 'queue', 3, expect.closeTo(0.6)],
      ['s', 'backoff', 1, expect.closeTo(0.3)],
      ['s', 'pause', 1, expect.closeTo(2)],
    ]);
  });
});

describe('a wait before a resend', () => {
  test.each([
    ['that ends with the pause is one for the server', 300, 'pause'],
    ['that ends before the pause is over is a backoff', 301.5, 'backoff'],
    ['that begins when the pause is over is a backoff', 0, 'backoff'],
  ])('%s', async (_, afterMs, kind) => {
    using at = stage({}, [{ status: 503, afterMs: 40 }, { json: {} }], { retry: 1 });
    const pausing = layer({
      name: 'pausing',
      // From 40 on ky waits for 300 ms.
      places: [gate({ stage: 'guard', run: ({ call }) => void (call.notBeforeMs = 40 + afterMs) })],
    });
    await at.clock.finish(at.api.get(url, pausing()));
    const waits = await at.points('kyhooks.client.wait.duration');
    expect(waits.map(({ attributes }) => attributes['kyhooks.wait'])).toEqual([kind]);
  });
});

test('each instrument says what it is, and durations come in the buckets that fit them', async () => {
  const limit = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
  using at = stage({}, [{ status: 503 }, { json: {} }], { retry: 1 });
  await at.clock.finish(at.api.get(url));
  const points = await at.points();
  expect(new Map(points.map(({ name, description }) => [name, description]))).toEqual(
    new Map([
      ['http.client.request.duration', 'Duration of HTTP client requests.'],
      ['http.client.active_requests', 'Number of active HTTP requests.'],
      ['kyhooks.client.wait.duration', 'Time that requests wait before they are sent.'],
      ['kyhooks.client.decisions', 'Decisions to send again, to pause, or to refuse.'],
    ]),
  );
  expect(points.find(({ name }) => name === 'kyhooks.client.wait.duration')?.boundaries).toEqual(limit);
});

test('the instruments are made once for each provider', async () => {
  using at = stage();
  const { meterProvider } = at.providers;
  let asked = 0;
  const counting: typeof meterProvider = {
    getMeter: (...scope) => {
      asked++;
      return meterProvider.getMeter(...scope);
    },
  };
  const api = at.api.extend(otel({ meterProvider: counting }));
  for (let call = 0; call < 3; call++) {
    const pending = api.get(url).text();
    await (await at.wire.expect('GET /users/42?sig=secret')).respond(200);
    await pending;
  }
  expect(asked).toBe(1);
});

test('a call that found nobody listening is counted by nobody', async () => {
  using at = stage({}, [{ status: 503 }, { json: {} }], { retry: 1 });
  await at.clock.finish(at.api.get(url, says('note')));
  expect((await at.points()).map(({ name }) => name).sort()).toEqual([
    'http.client.active_requests',
    'http.client.request.duration',
    'http.client.request.duration',
    'kyhooks.client.decisions',
    'kyhooks.client.wait.duration',
    'kyhooks.client.wait.duration',
  ]);
});
