import { gate, layer, onSettled, traceOf, wire as wirePlace } from '@kyhooks/core';
import { networkError, type Reply, outcome } from '@kyhooks/testing';
import {
  type Attributes,
  propagation,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
} from '@opentelemetry/api';
import ky, { type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { otel, type OtelOptions } from '../src/index.ts';
import { stage, type Stage } from './sdk.ts';

const url = 'https://api.test/users/42';
const route = (template: string): Options =>
  layer({
    name: 'route',
    places: [gate({ stage: 'prepare', run: ({ call }) => void (call.route = template) })],
  })();

interface Row {
  readonly url?: string;
  readonly options?: OtelOptions;
  readonly call?: Options;
  readonly replies?: readonly Reply[];
  /** Of the spans, in their order: their names, and these attributes; `undefined` must not be there. */
  readonly names?: readonly string[];
  readonly attributes: readonly Readonly<Record<string, unknown>>[];
  readonly error?: readonly boolean[];
}

const rows: Readonly<Record<string, Row>> = {
  'a success': {
    names: ['GET'],
    attributes: [
      {
        'http.request.method': 'GET',
        'http.request.method_original': undefined,
        'server.address': 'api.test',
        'server.port': 443,
        'url.full': url,
        'url.template': undefined,
        'http.response.status_code': 200,
        'http.request.resend_count': undefined,
        'error.type': undefined,
      },
    ],
    error: [false],
  },
  'the default port of http': { url: 'http://api.test/', attributes: [{ 'server.port': 80 }] },
  'a port of its own': {
    url: 'https://api.test:8443/',
    attributes: [{ 'server.address': 'api.test', 'server.port': 8443 }],
  },
  'an IPv6 host': {
    url: 'http://[2001:db8::1]:8080/a',
    attributes: [
      { 'server.address': '2001:db8::1', 'server.port': 8080, 'url.full': 'http://[2001:db8::1]:8080/a' },
    ],
  },
  'a fragment is kept': { url: `${url}#top`, attributes: [{ 'url.full': `${url}#top` }] },
  'a template of the path': {
    call: route('/users/{id}'),
    names: ['GET /users/{id}'],
    attributes: [{ 'url.template': '/users/{id}', 'url.full': url }],
  },
  'signatures in the query': {
    url: `${url}?color=blue&sig=abc&X-Amz-Security-Token=t&q=x%20y`,
    attributes: [{ 'url.full': `${url}?color=blue&sig=REDACTED&X-Amz-Security-Token=REDACTED&q=x%20y` }],
  },
  'a list of keys of one’s own': {
    url: `${url}?sig=a&token=b`,
    options: { redact: ['token'] },
    attributes: [{ 'url.full': `${url}?sig=a&token=REDACTED` }],
  },
  'QUERY and PATCH are known': {
    call: { method: 'QUERY' },
    names: ['QUERY'],
    attributes: [{ 'http.request.method': 'QUERY', 'http.request.method_original': undefined }],
  },
  'a method in small letters': {
    call: { method: 'patch' },
    names: ['PATCH'],
    attributes: [{ 'http.request.method': 'PATCH', 'http.request.method_original': undefined }],
  },
  'a method that is not known': {
    call: { method: 'PURGE' },
    names: ['HTTP'],
    attributes: [{ 'http.request.method': '_OTHER', 'http.request.method_original': 'PURGE' }],
  },
  'a method that is not known, with a template': {
    call: { method: 'PURGE', ...route('/users/{id}') },
    names: ['HTTP /users/{id}'],
    attributes: [{ 'http.request.method': '_OTHER' }],
  },
  'a redirect that is not followed': {
    replies: [{ status: 302 }],
    call: { redirect: 'manual', throwHttpErrors: false },
    attributes: [{ 'http.response.status_code': 302, 'error.type': undefined }],
    error: [false],
  },
  'status 404': {
    replies: [{ status: 404 }],
    attributes: [{ 'http.response.status_code': 404, 'error.type': '404' }],
    error: [true],
  },
  'status 400, the first that is an error': {
    replies: [{ status: 400 }],
    attributes: [{ 'http.response.status_code': 400, 'error.type': '400' }],
    error: [true],
  },
  'status 399, whatever that is': {
    replies: [{ status: 399 }],
    call: { throwHttpErrors: false },
    attributes: [{ 'http.response.status_code': 399, 'error.type': undefined }],
    error: [false],
  },
  'status 500, not thrown': {
    replies: [{ status: 500 }],
    call: { throwHttpErrors: false },
    attributes: [{ 'http.response.status_code': 500, 'error.type': '500' }],
    error: [true],
  },
  'a refused connection, as Node says it': {
    replies: [{ error: networkError('ECONNREFUSED') }],
    attributes: [{ 'http.response.status_code': undefined, 'error.type': 'ECONNREFUSED' }],
    error: [true],
  },
  'a network error, as browsers say it': {
    replies: [{ error: new TypeError('Failed to fetch') }],
    attributes: [{ 'error.type': 'TypeError' }],
    error: [true],
  },
  'something thrown that is no error': {
    replies: [{ error: 'a string' }],
    attributes: [{ 'error.type': '_OTHER' }],
    error: [true],
  },
  'ky’s timeout of the attempt': {
    replies: [{ hang: true }],
    call: { timeout: 50 },
    attributes: [{ 'error.type': 'ATTEMPT_TIMEOUT' }],
    error: [true],
  },
  'ky’s total timeout': {
    replies: [{ hang: true }],
    call: { timeout: false, totalTimeout: 50 },
    attributes: [{ 'error.type': 'TOTAL_TIMEOUT' }],
    error: [true],
  },
  'the timeout of an attempt, a millisecond before the total': {
    replies: [{ hang: true }],
    call: { timeout: 49, totalTimeout: 50 },
    attributes: [{ 'error.type': 'ATTEMPT_TIMEOUT' }],
    error: [true],
  },
  'a timeout of the attempt, then a success': {
    replies: [{ hang: true }, { status: 200 }],
    call: { timeout: 50, retry: { limit: 1, retryOnTimeout: true } },
    attributes: [
      { 'error.type': 'ATTEMPT_TIMEOUT', 'http.request.resend_count': undefined },
      { 'error.type': undefined, 'http.request.resend_count': 1 },
    ],
    error: [true, false],
  },
  'retries: a span for each, numbered': {
    replies: [{ status: 503 }, { error: networkError('ECONNRESET') }, { status: 200 }],
    call: { retry: 2 },
    attributes: [
      { 'error.type': '503', 'http.request.resend_count': undefined },
      { 'error.type': 'ECONNRESET', 'http.request.resend_count': 1 },
      { 'error.type': undefined, 'http.request.resend_count': 2, 'http.response.status_code': 200 },
    ],
    error: [true, true, false],
  },
  'headers by a list': {
    options: { headers: ['X-Request-Id', 'x-served-by', 'x-absent'] },
    call: { headers: { 'x-request-id': 'r1', authorization: 'Bearer secret' } },
    replies: [{ headers: { 'x-served-by': 'node-7', 'set-cookie': 'secret' } }],
    attributes: [
      {
        'http.request.header.x-request-id': ['r1'],
        'http.response.header.x-served-by': ['node-7'],
        'http.response.header.x-request-id': undefined,
        'http.request.header.x-absent': undefined,
        'http.request.header.authorization': undefined,
      },
    ],
  },
  'attributes of one’s own': {
    options: {
      attributes: ({ call, attempt, request, response, error }): Attributes => ({
        'app.tenant': 'acme',
        'app.seen': `${call.method} ${attempt.number} ${request.url.length} ${response?.status} ${String(error)}`,
      }),
    },
    attributes: [{ 'app.tenant': 'acme', 'app.seen': `GET 1 ${url.length} 200 undefined` }],
  },
  'attributes that throw': {
    options: {
      attributes: () => {
        throw new Error('a hook of the user');
      },
    },
    attributes: [{ 'http.response.status_code': 200, 'error.type': undefined }],
    error: [false],
  },
};

describe('the span of an attempt shows', () => {
  for (const [title, row] of Object.entries(rows)) {
    test(title, async () => {
      using at = stage(row.options, row.replies ?? [{ json: {}, afterMs: 20 }]);
      await at.clock.finish(outcome(at.api(row.url ?? url, row.call)));
      const { spans } = at;
      expect(spans).toHaveLength(row.attributes.length);
      for (const [index, expected] of row.attributes.entries()) {
        const { attributes, kind, status, name } = spans[index]!;
        expect(kind).toBe(SpanKind.CLIENT);
        expect(pick(attributes, Object.keys(expected))).toEqual(expected);
        expect(name).toBe(row.names?.[index] ?? name);
        // A description would say no more than the attributes do.
        const code = row.error?.[index] ? SpanStatusCode.ERROR : SpanStatusCode.UNSET;
        expect(status).toEqual(row.error ? { code } : status);
      }
    });
  }
});

function pick(attributes: Attributes, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, attributes[name]]));
}

test('what samplers decide by is there when the span begins', async () => {
  const asked: unknown[] = [];
  using at = stage();
  const { tracerProvider } = at.providers;
  const watching: typeof tracerProvider = {
    getTracer: (...scope) => {
      asked.push(scope);
      const tracer = tracerProvider.getTracer(...scope);
      return Object.assign(Object.create(tracer) as typeof tracer, {
        startSpan: (...args: Parameters<typeof tracer.startSpan>) => {
          asked.push(args[1]?.attributes);
          return tracer.startSpan(...args);
        },
      });
    },
  };
  const pending = outcome(at.api.get(url, otel({ tracerProvider: watching })));
  await (await at.wire.expect('GET /users/42')).respond(200);
  await pending;
  expect(asked).toEqual([
    ['@kyhooks/otel', expect.stringMatching(/^\d+\.\d+\.\d+/)],
    { 'http.request.method': 'GET', 'server.address': 'api.test', 'server.port': 443, 'url.full': url },
  ]);
});

test('it begins when the request is sent and ends with the headers, behind waits and before the body', async () => {
  const slow = layer({
    name: 'slow',
    places: [gate({ stage: 'admit', run: () => new Promise((resolve) => void setTimeout(resolve, 500)) })],
  });
  using at = stage();
  const pending = at.api.get(url, slow()).text();
  await at.clock.advance(500);
  const exchange = await at.wire.expect('GET /users/42');
  await at.clock.advance(120);
  const body = await exchange.open(200);
  await at.clock.advance(1_000);
  expect(at.spans.map(({ duration }) => duration)).toEqual([[0, 120e6]]);
  body.end();
  await pending;
  expect(at.spans).toHaveLength(1);
});

describe('an abort of the caller’s is no error', () => {
  for (const [title, reason] of [
    ['without a reason', undefined],
    ['with an error as reason', new Error('mine')],
    ['with a string as reason', 'mine'],
    ['with the reason of AbortSignal.timeout()', new DOMException('', 'TimeoutError')],
  ] as const) {
    test(title, async () => {
      using at = stage();
      const controller = new AbortController();
      const pending = outcome(at.api.get(url, { signal: controller.signal }));
      await at.wire.expect('GET /users/42');
      controller.abort(reason);
      await pending;
      const [span] = at.spans;
      expect(span?.attributes).not.toHaveProperty('error.type');
      expect(span?.status).toEqual({ code: SpanStatusCode.UNSET });
    });
  }

  test.each([
    ['an error', new Error('mine')],
    ['null', null],
    ['a string', 'mine'],
  ])('also from a signal inside a Request, which has a reason: %s', async (_, reason) => {
    using at = stage();
    const controller = new AbortController();
    const pending = outcome(at.api(new Request(url, { signal: controller.signal })));
    await at.wire.expect('GET /users/42');
    controller.abort(reason);
    await pending;
    expect(at.spans).toHaveLength(1);
    expect(at.spans[0]?.attributes).not.toHaveProperty('error.type');
  });
});

test('a fetch that takes no notice of a timeout leaves no open span', async () => {
  using at = stage({}, [{ json: {}, afterMs: 500 }], { timeout: 50 });
  const deaf: Options['fetch'] = (input) => at.wire.fetch(new Request((input as Request).url));
  await at.clock.finish(outcome(at.api.get(url, { fetch: deaf })));
  expect(at.spans.map(({ attributes, duration }) => [attributes['error.type'], duration])).toEqual([
    ['ATTEMPT_TIMEOUT', [0, 50e6]],
  ]);
  await at.clock.advance(1_000);
  expect(at.spans).toHaveLength(1);
});

test('what a gate refuses or answers has no span and no metric', async () => {
  const refusing = layer({
    name: 'refusing',
    places: [gate({ stage: 'guard', run: () => Promise.reject(new Error('refused')) })],
  });
  const answering = layer({
    name: 'answering',
    places: [gate({ stage: 'answer', run: () => new Response('cached') })],
  });
  using at = stage();
  await outcome(at.api.get(url, refusing()));
  await outcome(at.api.get(url, answering()));
  expect(at.spans).toEqual([]);
  expect(await at.points()).toEqual([]);
});

test('a pass that was refused is no resend', async () => {
  let passes = 0;
  const refusingOnce = layer({
    name: 'refusingOnce',
    places: [
      gate({ stage: 'guard', run: () => (++passes === 2 ? Promise.reject(new Error('no')) : undefined) }),
    ],
  });
  using at = stage({}, [{ status: 503 }]);
  await at.clock.finish(outcome(at.api.get(url, { retry: 3, ...refusingOnce() })));
  expect(at.spans.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined]);
});

test('spans can be had without metrics, and metrics without spans', async () => {
  using at = stage({}, [{ json: {} }, { json: {} }]);
  const { tracerProvider, meterProvider } = at.providers;
  const plain = ky.create({ fetch: at.wire.fetch });
  await at.clock.finish(plain.extend(otel({ tracerProvider })).get(url));
  expect(at.spans).toHaveLength(1);
  expect(await at.points()).toEqual([]);
  const response = await at.clock.finish(plain.extend(otel({ meterProvider })).get(url));
  expect(traceOf(response)?.decisions).toEqual([]);
  expect(at.spans).toHaveLength(1);
  expect((await at.points()).map(({ name, value }) => [name, value])).toEqual([
    ['http.client.request.duration', 0],
    ['http.client.active_requests', 0],
  ]);
});

describe('what throws while a span is made breaks nothing', () => {
  const decisionsOf = async (at: Stage): Promise<readonly string[]> => {
    const noted: string[] = [];
    const watched = onSettled(({ decisions }) => void noted.push(...decisions.map(({ reason }) => reason)));
    expect(await at.clock.finish(at.api.get(url, watched).text())).toBe('ok');
    return noted;
  };
  const active = async (at: Stage): Promise<unknown> =>
    (await at.points('http.client.active_requests')).map(({ value }) => value);

  test('a propagator, such as one that puts into a header what no header can hold', async () => {
    // On a page the headers go to its own origin only, unless the option says more.
    using at = stage({ propagate: () => true }, [{ body: 'ok' }]);
    propagation.setGlobalPropagator({
      inject: (_, headers, setter) => setter.set(headers, 'baggage', 'name=Ada;note=two\nlines'),
      extract: (context) => context,
      fields: () => ['baggage'],
    });
    try {
      expect(await decisionsOf(at)).toEqual(['the propagator threw TypeError']);
    } finally {
      propagation.disable();
    }
    expect(at.spans.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([200]);
    expect(await active(at)).toEqual([0]);
  });

  test.each([false, true])('a sampler (`callSpan: %s`)', async (callSpan) => {
    const sampler = (): never => {
      throw new RangeError('mine');
    };
    const tracerProvider = { getTracer: () => ({ startSpan: sampler }) } as unknown as TracerProvider;
    using at = stage({ tracerProvider, callSpan }, [{ body: 'ok' }]);
    expect(await decisionsOf(at)).toContain('the tracer threw RangeError');
    expect(await active(at)).toEqual([0]);
  });
});

test('a hook that throws is noted on the record', async () => {
  const noted: unknown[] = [];
  using at = stage({
    attributes: () => {
      throw new RangeError('mine');
    },
  });
  const pending = at.api
    .get(
      url,
      onSettled(({ decisions }) => void noted.push(...decisions)),
    )
    .text();
  await (await at.wire.expect('GET /users/42')).respond(200);
  await pending;
  expect(noted).toEqual([
    { attempt: 1, layer: 'otel', verdict: 'threw', reason: 'attributes threw RangeError' },
  ]);
});

test('a fault on the wire is inside the span', async () => {
  const fault = layer({
    name: 'fault',
    places: [wirePlace({ stage: 'fault', run: () => Promise.resolve(new Response('', { status: 418 })) })],
  });
  using at = stage();
  await outcome(at.api.get(url, fault()));
  expect(at.spans[0]?.attributes['http.response.status_code']).toBe(418);
});
