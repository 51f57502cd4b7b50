import { gate, layer, traceOf, verdict } from '@kyhooks/core';
import { networkError, outcome } from '@kyhooks/testing';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import ky from 'ky';
import { describe, expect, test } from 'vitest';
import { otel } from '../src/index.ts';
import { stage } from './sdk.ts';

const url = 'https://api.test/users/42?sig=secret&token=t';
const shown = 'https://api.test/users/42?sig=REDACTED&token=REDACTED';

const callSpan = { callSpan: true, redact: ['sig', 'token'] };

/** Milliseconds since the virtual epoch. */
const ms = ([seconds, nanos]: ReadableSpan['startTime']): number =>
  (seconds - Date.UTC(2026, 0, 1) / 1000) * 1000 + nanos / 1e6;

describe('the span of a call', () => {
  test('is none unless it is asked for', async () => {
    using at = stage({}, [{ json: {} }]);
    await at.clock.finish(at.api.get('https://api.test/').text());
    expect(at.spans.map(({ kind }) => kind)).toEqual([SpanKind.CLIENT]);
  });

  test('lasts from the call to the end of the body, and is the parent of the attempts', async () => {
    using at = stage(callSpan, [{ status: 503, afterMs: 40 }], { retry: 1 });
    const pending = at.api.get(url).text();
    await at.clock.advance(0);
    await at.clock.finish(outcome(pending));
    const [first, second, call] = at.spans;
    expect(at.spans).toHaveLength(3);
    expect(call?.name).toBe('call GET');
    expect(call?.kind).toBe(SpanKind.INTERNAL);
    expect(call?.parentSpanContext).toBeUndefined();
    for (const attempt of [first, second]) {
      expect(attempt?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
      expect(attempt?.spanContext().traceId).toBe(call?.spanContext().traceId);
    }
    expect([call!.startTime, call!.endTime].map(ms)).toEqual([0, 380]);
  });

  test('shows the call as a whole, without its secrets', async () => {
    using at = stage(callSpan, [{ json: {} }]);
    await at.clock.finish(at.api.get(url).json());
    const call = at.spans.at(-1);
    expect(call?.attributes).toEqual({
      'http.request.method': 'GET',
      'url.full': shown,
      'kyhooks.call.id': expect.any(String),
      'kyhooks.call.attempts': 1,
      'kyhooks.call.outcome': 'ok',
    });
    expect(call?.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(call?.events).toEqual([]);
  });

  test('has an event for each wait and each decision, at its time', async () => {
    const limiter = layer({
      name: 'limiter',
      places: [
        gate({
          stage: 'admit',
          async run({ call, attempt }) {
            call.decide('limiter', 'paused', 'the server asked for 0.5 s', 500);
            await new Promise((resolve) => void setTimeout(resolve, 500));
            attempt.queuedMs = 500;
          },
        }),
      ],
    });
    using at = stage(
      callSpan,
      [
        { error: networkError('ECONNRESET'), afterMs: 40 },
        { json: {}, afterMs: 20 },
      ],
      {
        retry: 1,
      },
    );
    await at.clock.finish(at.api.get('https://api.test/', limiter()).json());
    // The span begins with the call, though nothing was sent for half a second.
    expect(ms(at.spans.at(-1)!.startTime)).toBe(0);
    const events = at.spans.at(-1)!.events.map(({ name, time, attributes }) => [ms(time), name, attributes]);
    const paused = {
      'kyhooks.layer': 'limiter',
      'kyhooks.verdict': 'paused',
      'kyhooks.reason': 'the server asked for 0.5 s',
    };
    expect(events).toEqual([
      [0, 'kyhooks.decision', { 'kyhooks.attempt': 1, ...paused, 'kyhooks.delay': 0.5 }],
      [500, 'kyhooks.wait', { 'kyhooks.attempt': 1, 'kyhooks.wait': 'queue', 'kyhooks.delay': 0.5 }],
      [
        540,
        'kyhooks.decision',
        {
          'kyhooks.attempt': 1,
          'kyhooks.layer': 'ky',
          'kyhooks.verdict': 'retry',
          'kyhooks.reason': "by ky's own rules",
        },
      ],
      [840, 'kyhooks.decision', { 'kyhooks.attempt': 2, ...paused, 'kyhooks.delay': 0.5 }],
      [840, 'kyhooks.wait', { 'kyhooks.attempt': 2, 'kyhooks.wait': 'backoff', 'kyhooks.delay': 0.3 }],
      [1340, 'kyhooks.wait', { 'kyhooks.attempt': 2, 'kyhooks.wait': 'queue', 'kyhooks.delay': 0.5 }],
    ]);
  });

  test('has what a layer says of an answer at the time of the answer', async () => {
    const strict = layer({
      name: 'strict',
      places: [verdict({ decide: () => ({ verdict: 'stop', reason: 'enough' }) })],
    });
    using at = stage(callSpan, [{ status: 503, afterMs: 40 }], { retry: 1 });
    await at.clock.finish(outcome(at.api.get('https://api.test/', strict())));
    expect(
      at.spans.at(-1)!.events.map(({ time, attributes }) => [ms(time), attributes?.['kyhooks.verdict']]),
    ).toEqual([[40, 'stop']]);
  });

  test('of a call that was refused before anything was sent', async () => {
    const refusing = layer({
      name: 'breaker',
      places: [
        gate({
          stage: 'prepare',
          run: ({ call }) => {
            call.decide('breaker', 'refused', 'it is open');
            throw Object.assign(new Error('open'), { code: 'OPEN' });
          },
        }),
      ],
    });
    using at = stage(callSpan);
    await outcome(at.api.get(url, refusing()));
    expect(at.spans).toHaveLength(1);
    expect(at.spans[0]).toMatchObject({
      name: 'call GET',
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'OPEN', 'kyhooks.call.attempts': 1, 'kyhooks.call.outcome': 'failed' },
      events: [
        {
          name: 'kyhooks.decision',
          attributes: { 'kyhooks.verdict': 'refused', 'kyhooks.reason': 'it is open' },
        },
      ],
    });
  });

  test.each([
    ['an abort', { abort: true }, 'aborted'],
    ['ky.stop', { hooks: { beforeRetry: [() => ky.stop] }, retry: 1 }, 'stopped'],
  ] as const)('ends with %s, which is no error', async (_, options, expected) => {
    using at = stage(callSpan, [{ status: 503, afterMs: 40 }]);
    const controller = new AbortController();
    if ('abort' in options) setTimeout(() => controller.abort('mine'), 10);
    await at.clock.finish(
      outcome(at.api.get('https://api.test/', { ...options, signal: controller.signal } as object)),
    );
    const call = at.spans.at(-1);
    expect(call?.attributes).toMatchObject({ 'kyhooks.call.outcome': expected });
    expect(call?.attributes).not.toHaveProperty('error.type');
    expect(call?.status).toEqual({ code: SpanStatusCode.UNSET });
  });

  test('of a call that ends well after a retry is no error', async () => {
    using at = stage(callSpan, [{ status: 503 }, { json: {} }], { retry: 1 });
    await at.clock.finish(at.api.get('https://api.test/').json());
    expect(at.spans.map(({ status }) => status.code)).toEqual([
      SpanStatusCode.ERROR,
      SpanStatusCode.UNSET,
      SpanStatusCode.UNSET,
    ]);
  });

  test('of a call that was out of time before its request was known says nothing of one', async () => {
    using at = stage(callSpan);
    await outcome(at.api.get(url, { totalTimeout: 0 }));
    const call = at.spans.find(({ kind }) => kind === SpanKind.INTERNAL);
    expect(call?.name).toBe('call');
    expect(call?.attributes).toEqual({
      'kyhooks.call.id': expect.any(String),
      'kyhooks.call.attempts': 0,
      'kyhooks.call.outcome': 'failed',
      'error.type': 'TimeoutError',
    });
  });

  test('a URL that ky refuses leaves none', async () => {
    using at = stage(callSpan);
    await outcome((async () => at.api.get('http://['))());
    expect(at.spans).toEqual([]);
  });

  test('can be had for one call, and be taken away again', async () => {
    using at = stage({}, [{ json: {} }]);
    await at.clock.finish(at.api.get('https://api.test/', otel({ callSpan: true })).text());
    expect(at.spans).toHaveLength(2);
    await at.clock.finish(
      at.api
        .extend(otel({ callSpan: true }))
        .get('https://api.test/', otel({ callSpan: false }))
        .text(),
    );
    expect(at.spans).toHaveLength(3);
    await at.clock.finish(at.api.get('https://api.test/', otel(false)).text());
    expect(at.spans).toHaveLength(3);
  });
});

test('without it a body that is never read costs nothing and hides nothing', async () => {
  using at = stage({}, [{ json: {} }]);
  const response = await at.clock.finish(at.api.get('https://api.test/'));
  expect(Object.getPrototypeOf(response)).toBe(Response.prototype);
  expect(at.spans).toHaveLength(1);
});

test('with it the body is watched', async () => {
  using at = stage({ callSpan: true }, [{ json: {} }]);
  const response = await at.clock.finish(at.api.get('https://api.test/'));
  expect(at.spans.map(({ kind }) => kind)).toEqual([SpanKind.CLIENT]);
  await response.text();
  expect(at.spans.map(({ kind }) => kind)).toEqual([SpanKind.CLIENT, SpanKind.INTERNAL]);
});

test('a call that fails without it leaves nothing on its record', async () => {
  using at = stage({}, [{ status: 404 }]);
  const result = await at.clock.finish(outcome(at.api.get('https://api.test/')));
  expect(traceOf(result)?.decisions).toEqual([]);
});
