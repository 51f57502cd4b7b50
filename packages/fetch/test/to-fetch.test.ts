import { compose, gate, layer, verdict } from '@kyhooks/core';
import { toFetch } from '@kyhooks/fetch';
import { networkError, outcome, type Reply, scriptedWire, virtualClock } from '@kyhooks/testing';
import { timeout } from '@kyhooks/timeout';
import ky, { KyError, type Options } from 'ky';
import { afterEach, describe, expect, test, vi } from 'vitest';

const url = 'https://api.test/a';

/** A platform's `fetch` that answers 200, and keeps what it would have sent. */
function platform(): {
  fetch: typeof fetch;
  given: unknown[][];
  sent: Promise<string>[];
  requests: Request[];
} {
  const given: unknown[][] = [];
  const requests: Request[] = [];
  const sent: Promise<string>[] = [];
  const lookAt = async (request: Request): Promise<string> =>
    `${request.method} ${request.url} ${await request.text()}`.trim();
  return {
    given,
    requests,
    sent,
    fetch: (input, init) => {
      given.push([input, init]);
      const request = new Request(input, init);
      requests.push(request.clone());
      sent.push(lookAt(request));
      return Promise.resolve(new Response('answer'));
    },
  };
}

/** Sends again whatever comes, under the name that the package knows. */
const retry = layer<object>({
  name: 'retry',
  places: [verdict({ decide: () => ({ verdict: 'retry', delay: 10, reason: 'so' }) })],
});

afterEach(() => vi.unstubAllGlobals());

describe('how often it sends', () => {
  test.each<[string, Options, number]>([
    ["once: ky's own retry is off", {}, 1],
    ["as ky's own retry says, where it is set", { retry: 1 }, 2],
    ['as retry() says, by ky’s limit', retry({}), 3],
    ['as retry() and ky’s limit say', compose(retry({}), { retry: 1 }), 2],
    ['once: retry() was taken away', compose(retry({}), retry(false)), 1],
    ['as retry() says that was put back', compose(retry({}), retry(false), retry({})), 3],
  ])('%s', async (_, source, times) => {
    using clock = virtualClock();
    const wire = scriptedWire(clock, { replies: [{ error: networkError('ECONNRESET') }] });
    await clock.finish(outcome(toFetch(compose({ fetch: wire.fetch }, source))(url)));
    expect(wire.exchanges).toHaveLength(times);
  });

  test('a replayable body is sent anew each time', async () => {
    const texts: string[] = [];
    using clock = virtualClock();
    const send: typeof fetch = async (input, init) => {
      texts.push(await new Request(input, init).text());
      if (texts.length < 3) throw networkError('ECONNRESET');
      return new Response();
    };
    const api = toFetch(compose({ fetch: send }, retry({})));
    for (const headers of [undefined, { 'x-a': '1' }])
      await clock.finish(api(url, { method: 'POST', body: 'text', ...(headers && { headers }) }));
    expect(texts).toEqual(['text', 'text', 'text', 'text']);
  });
});

describe('how long it waits', () => {
  test.each<[string, Options, number | undefined]>([
    ["as ky's own timeout says, where it is set", { timeout: 2_000 }, 2_000],
    ["without an end, for ky's default is off", {}, undefined],
  ])('%s', async (_, source, endsMs) => {
    using clock = virtualClock();
    const wire = scriptedWire(clock, { replies: [{ hang: true }] });
    let ended: number | undefined;
    void outcome(toFetch(compose({ fetch: wire.fetch }, source))(url)).then(() => (ended = clock.elapsedMs));
    await clock.advance(60_000);
    expect(ended).toBe(endsMs);
  });
});

describe('what it resolves with', () => {
  test.each([{}, { throwHttpErrors: true }])('every status, unread (%o)', async (source) => {
    using clock = virtualClock();
    const wire = scriptedWire(clock, { replies: [{ status: 503, body: 'busy' }] });
    for (const from of [
      compose({ fetch: wire.fetch }, source),
      ky.create({ fetch: wire.fetch, ...source }),
    ]) {
      const response = await clock.finish(toFetch(from)(url));
      expect([response.status, response.bodyUsed, await response.text()]).toEqual([503, false, 'busy']);
    }
  });
});

describe('what it rejects with', () => {
  const failing = async (replies: readonly Reply[], source: Options = {}): Promise<unknown> => {
    using clock = virtualClock();
    const wire = scriptedWire(clock, { replies });
    return await clock.finish(outcome(toFetch(compose({ fetch: wire.fetch }, source))(url)));
  };

  test("a failure of the network: the runtime's own error", async () => {
    const error = networkError('ECONNRESET');
    expect(await failing([{ error }])).toBe(error);
  });

  test('what was thrown in its place and is no error', async () => {
    expect(await failing([{ error: 'text' }])).toBe('text');
  });

  test("a layer's error: a TypeError, with it as cause", async () => {
    const error = await failing([{ hang: true }], timeout({ attempt: 500 }));
    expect(error).toBeInstanceOf(TypeError);
    const { message, cause } = error as Error;
    expect(cause).toMatchObject({ name: 'TimeoutError', code: 'ATTEMPT_TIMEOUT' });
    expect(message).toBe((cause as Error).message);
  });

  test('an error of ky’s own that a layer has made its: a TypeError, too', async () => {
    class Refused extends KyError {}
    const refusing = layer({
      name: 'refusing',
      places: [
        gate({
          stage: 'admit',
          run: () => {
            throw new Refused('no permit');
          },
        }),
      ],
    });
    expect(await failing([], refusing())).toMatchObject({
      constructor: TypeError,
      message: 'no permit',
      cause: expect.any(Refused) as unknown,
    });
  });

  test.each([
    ['an error', new RangeError('mine')],
    ['an error by the name of one of ky’s', new DOMException('mine', 'TimeoutError')],
    ['another by such a name', new DOMException('mine', 'NetworkError')],
  ])('what a hook throws: %s', async (_, thrown) => {
    const hooks: Options['hooks'] = {
      beforeRequest: [
        () => {
          throw thrown;
        },
      ],
    };
    expect(await failing([], { hooks })).toBe(thrown);
  });

  test('a call that a hook stops: a TypeError that says so', async () => {
    const hooks: Options['hooks'] = { beforeRetry: [() => ky.stop] };
    expect(await failing([{ error: networkError('ECONNRESET') }], { retry: 1, hooks })).toEqual(
      new TypeError('A beforeRetry hook stopped the call'),
    );
  });

  describe.each<[string, (signal: AbortSignal) => Parameters<typeof fetch>]>([
    ['of the call', (signal) => [url, { signal }]],
    ['of the call, with headers', (signal) => [url, { signal, headers: { 'x-a': '1' } }]],
    ['of a Request', (signal) => [new Request(url, { signal })]],
    ['of a Request in place of the init', (signal) => [url, new Request(url, { signal })]],
  ])('an abort by the signal %s: its reason itself', (_, made) => {
    test.each([
      // What `AbortSignal.timeout()` aborts with.
      ['a timeout', new DOMException('The operation timed out', 'TimeoutError')],
      ['an error of ky’s', new KyError('of another call')],
      ['an object', { any: 'object' }],
      ['null', null],
    ])('%s', async (__, reason) => {
      using clock = virtualClock();
      const wire = scriptedWire(clock);
      const controller = new AbortController();
      const api = toFetch(compose({ fetch: wire.fetch }, timeout()));
      const pending = outcome(api(...made(controller.signal)));
      await clock.settle();
      const [exchange] = wire.exchanges;
      expect(exchange?.aborted).toBe(false);
      controller.abort(reason);
      expect(await pending).toBe(reason);
      expect(exchange?.aborted).toBe(true);
    });
  });

  test('an abort while it waits to be sent again: its reason, at once', async () => {
    using clock = virtualClock();
    const wire = scriptedWire(clock, { replies: [{ error: networkError('ECONNRESET') }] });
    const controller = new AbortController();
    const source = { fetch: wire.fetch, retry: { limit: 1, delay: () => 10_000 } };
    let ended: unknown;
    void outcome(toFetch(source)(url, { signal: controller.signal })).then((reason) => (ended = reason));
    await clock.advance(100);
    expect(wire.exchanges).toHaveLength(1);
    controller.abort('mine');
    await clock.settle();
    expect(ended).toBe('mine');
  });

  test("an abort to which the network answers with a failure: the runtime's own error", async () => {
    const error = networkError('ECONNRESET');
    const controller = new AbortController();
    const send: typeof fetch = () => {
      controller.abort('mine');
      return Promise.reject(error);
    };
    expect(await outcome(toFetch({ fetch: send })(url, { signal: controller.signal }))).toBe(error);
  });

  test("a timeout of ky's: not the reason of the caller's signal, which has none", async () => {
    using clock = virtualClock();
    const wire = scriptedWire(clock);
    const { signal } = new AbortController();
    const pending = outcome(toFetch({ fetch: wire.fetch, timeout: 50 })(url, { signal }));
    await clock.settle();
    await clock.advance(50);
    expect(await pending).toMatchObject({ constructor: TypeError, cause: { name: 'TimeoutError' } });
    // What is sent is ended, too, though the caller has aborted nothing.
    expect(wire.exchanges[0]?.aborted).toBe(true);
  });
});

describe('what goes past the layers, as it is', () => {
  const refuse = (): never => {
    throw new Error('asked');
  };
  const hooks: Options['hooks'] = { beforeRequest: [refuse] };

  test.each<[string, Parameters<typeof fetch>]>([
    ['a call aborted before', [url, { signal: AbortSignal.abort('mine') }]],
    ['a Request aborted before', [new Request(url, { signal: AbortSignal.abort('mine') })]],
    ['a URL that is none', ['http://[', { method: 'POST' }]],
    ['a method that is none', [url, { method: 'a b' }]],
    ['a signal that is none', [url, { signal: 'now' as never }]],
    ['a body with GET', [url, { body: 'x' }]],
    ['a body with GET, in small letters', [url, { method: 'get', body: new URLSearchParams('a=1') }]],
    ['a body with HEAD', [url, { method: 'HEAD', body: 'x' }]],
  ])('%s', async (_, [input, init]) => {
    const given: unknown[] = [];
    const said = new TypeError('in words of its own');
    const send: typeof fetch = (...parts) => {
      given.push(parts);
      return Promise.reject(said);
    };
    expect(await outcome(toFetch({ fetch: send, hooks })(input, init))).toBe(said);
    expect(given).toEqual([[input, init]]);
  });

  test('and nothing else: a method that only contains one of those has its body, and its layers', async () => {
    const { fetch, sent } = platform();
    const asked = vi.fn<() => void>();
    const api = toFetch({ fetch, hooks: { beforeRequest: [asked] } });
    for (const method of ['WIDGET', 'GETAWAY']) await api(url, { method, body: 'x' });
    expect(await Promise.all(sent)).toEqual([`WIDGET ${url} x`, `GETAWAY ${url} x`]);
    expect(asked).toHaveBeenCalledTimes(2);
  });
});

describe('what is sent', () => {
  test.each<[string, Parameters<typeof fetch>, string]>([
    ['a string', [url], `GET ${url}`],
    ['a URL', [new URL(`${url}?b=c#part`)], `GET ${url}?b=c#part`],
    ['a Request', [new Request(url, { method: 'DELETE' })], `DELETE ${url}`],
    ['a Request with a body', [new Request(url, { method: 'POST', body: 'text' })], `POST ${url} text`],
    [
      'a Request whose body is replaced',
      [new Request(url, { method: 'POST', body: 'text' }), { body: 'other' }],
      `POST ${url} other`,
    ],
    ['a text', [url, { method: 'POST', body: 'text' }], `POST ${url} text`],
    ['an empty text', [url, { method: 'POST', body: '' }], `POST ${url}`],
    ['no body', [url, { method: 'POST', body: null }], `POST ${url}`],
    ['parameters', [url, { method: 'PUT', body: new URLSearchParams({ a: '1' }) }], `PUT ${url} a=1`],
    ['bytes', [url, { method: 'PUT', body: new Uint8Array([65, 66]) }], `PUT ${url} AB`],
    [
      "options of ky's, which are none of fetch's",
      [url, { json: { a: 1 }, searchParams: { b: 2 }, timeout: 1, prefix: 'x' } as RequestInit],
      `GET ${url}`,
    ],
  ])('%s', async (_, [input, init], expected) => {
    const { fetch, sent } = platform();
    const response = await toFetch({ fetch })(input, init);
    expect(await response.text()).toBe('answer');
    expect(await Promise.all(sent)).toEqual([expected]);
  });

  test('all there is of a Request in place of the init', async () => {
    const { fetch, sent, requests } = platform();
    const init = new Request('https://elsewhere.test/', {
      method: 'POST',
      body: 'text',
      headers: { 'x-a': '1' },
      redirect: 'manual',
    });
    await toFetch({ fetch })(url, init);
    expect(await Promise.all(sent)).toEqual([`POST ${url} text`]);
    expect(requests[0]?.headers.get('x-a')).toBe('1');
    expect(requests[0]?.redirect).toBe('manual');
  });

  test('what a Request says, where the init does not', async () => {
    const { fetch, requests } = platform();
    const request = new Request(url, { headers: { 'x-a': '1' }, redirect: 'manual' });
    await toFetch({ fetch })(request);
    await toFetch({ fetch })(request, { method: 'POST' });
    await toFetch({ fetch })(request, { headers: { 'x-b': '2' } });
    expect(requests.map(({ method, redirect }) => [method, redirect])).toEqual([
      ['GET', 'manual'],
      ['POST', 'manual'],
      ['GET', 'manual'],
    ]);
    expect(requests.map(({ headers }) => [headers.get('x-a'), headers.get('x-b')])).toEqual([
      ['1', null],
      ['1', null],
      [null, '2'],
    ]);
  });

  test('not the signal of a Request, where the init takes it away or has another', async () => {
    const { fetch, sent } = platform();
    const request = new Request(url, { signal: AbortSignal.abort('mine') });
    await toFetch({ fetch })(request, { signal: null });
    await toFetch({ fetch })(request, { signal: new AbortController().signal });
    expect(await Promise.all(sent)).toEqual([`GET ${url}`, `GET ${url}`]);
  });

  test('the type that a form was given', async () => {
    const { fetch, requests } = platform();
    const form = new FormData();
    form.set('a', '1');
    const headers = { 'content-type': 'x/y' };
    for (const body of [form, new URLSearchParams('a=1'), 'a=1'])
      await toFetch({ fetch })(url, { method: 'POST', body, headers });
    expect(requests.map((request) => request.headers.get('content-type'))).toEqual(['x/y', 'x/y', 'x/y']);
  });

  test.each<[string, Options]>([
    ['a fragment', {}],
    ['headers of one’s own', { headers: { 'x-a': '1' } }],
  ])('a form with the boundary that its type names: %s', async (_, source) => {
    const { fetch, requests } = platform();
    const form = new FormData();
    form.set('a', '1');
    for (const headers of [{}, { 'x-b': '2' }])
      await toFetch({ fetch, ...source })(url, { method: 'POST', body: form, headers });
    expect(requests).toHaveLength(2);
    for (const request of requests) {
      const [, boundary] = /^multipart\/form-data; ?boundary=(.+)$/.exec(
        request.headers.get('content-type')!,
      )!;
      expect((await request.text()).startsWith(`--${boundary}`)).toBe(true);
    }
  });

  test('headers of the call before those of the instance, and those of the layers besides', async () => {
    const { fetch, requests } = platform();
    const hooks: Options['hooks'] = {
      beforeRequest: [({ request }) => request.headers.set('x-layer', 'layer')],
    };
    const api = ky.create({ fetch, hooks, headers: { 'x-a': 'instance', 'x-b': 'instance' } });
    await toFetch(api)(url, { headers: { 'x-a': 'call' } });
    await toFetch({ fetch, hooks })(url, { headers: { 'x-a': 'call' } });
    expect(requests.map(({ headers }) => ['x-a', 'x-b', 'x-layer'].map((name) => headers.get(name)))).toEqual(
      [
        ['call', 'instance', 'layer'],
        ['call', null, 'layer'],
      ],
    );
  });

  test('what a runtime adds to the init, and nothing that the Request says itself', async () => {
    const { fetch, given } = platform();
    const cf = { cacheTtl: 60 };
    const added = { cf, window: null, headers: { 'x-a': '1' }, method: 'PUT', body: 'text' };
    await toFetch({ fetch })(url, added);
    const [, init] = given[0] as [Request, RequestInit & { cf?: unknown }];
    expect(init.cf).toBe(cf);
    const { body, headers, signal, window } = init;
    expect({ body, headers, signal, window }).toEqual({});
  });

  test("the method in the caller's letters", async () => {
    const { fetch, given } = platform();
    await toFetch({ fetch })(url, { method: 'patch', body: 'x' });
    expect((given[0]?.[1] as RequestInit | undefined)?.method).toBe('patch');
  });

  test('the method of the Request that a hook has put in place', async () => {
    const { fetch, sent } = platform();
    const hooks: Options['hooks'] = {
      beforeRequest: [() => new Request('https://elsewhere.test/b', { method: 'PUT', body: 'other' })],
    };
    await toFetch({ fetch, hooks })(url, { method: 'POST', body: 'text' });
    expect(await Promise.all(sent)).toEqual(['PUT https://elsewhere.test/b other']);
  });
});

test('without a source, or a `fetch` in it, it sends with the global one of the moment', async () => {
  const api = [toFetch(), toFetch({ headers: { 'x-a': '1' } }), toFetch(ky)];
  const { fetch, sent } = platform();
  vi.stubGlobal('fetch', fetch);
  for (const one of api) expect(await (await one(url)).text()).toBe('answer');
  expect(await Promise.all(sent)).toHaveLength(3);
});
