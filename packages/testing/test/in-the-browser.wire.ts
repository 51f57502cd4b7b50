import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import findChromium, { launchOptions } from '../../../tooling/chromium.ts';

// What the page “In the browser” states: real pages, workers and servers on different origins, in Chromium.

interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** What the API answers to a path; each of these is used up by one request, the last stays. */
interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Names of headers that pages may send, and read. */
  readonly allow?: string;
  readonly expose?: string;
  /** How long a preflight is remembered, in seconds. */
  readonly maxAge?: number;
  /** Says nothing of other origins, as a proxy in front may do. */
  readonly silent?: boolean;
  readonly afterMs?: number;
  readonly body?: string;
}

let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: string;
let api: string;
const servers: Server[] = [];
let arrived: Arrived[] = [];
let answers: Record<string, Answer[]> = {};

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answer: RequestListener = (request, response) => {
  const { method = '', headers } = request;
  const { pathname: path } = new URL(request.url!, 'http://api');
  const scripted = answers[path] ?? [{}];
  const preflight = method === 'OPTIONS';
  const now = scripted.length > 1 && !preflight ? scripted.shift()! : scripted[0]!;
  request.resume().on('end', () => {
    arrived.push({ method, path, headers });
    if (!now.silent) response.setHeader('access-control-allow-origin', '*');
    if (now.allow) response.setHeader('access-control-allow-headers', now.allow);
    if (now.expose) response.setHeader('access-control-expose-headers', now.expose);
    response.setHeader('access-control-max-age', String(now.maxAge ?? 0));
    if (preflight) return void response.writeHead(204).end();
    setTimeout(() => {
      response
        .writeHead(now.status ?? 200, { 'content-type': 'application/json', ...now.headers })
        .end(now.body ?? '{}');
    }, now.afterMs ?? 0);
  });
};

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page/kit.ts', import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    write: false,
  });
  const worker = readFileSync(new URL('page/worker.js', import.meta.url), 'utf8');
  api = await listen(answer);
  site = await listen((request, response) => {
    const { pathname } = new URL(request.url!, 'http://site');
    if (pathname.startsWith('/api/')) return answer(request, response);
    const script = { '/kit.js': outputFiles[0]!.text, '/worker.js': worker }[pathname];
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html');
    return response.end(script ?? '<!doctype html><title>page</title><script src=/kit.js></script>');
  });
  await findChromium();
  browser = await chromium.launch(launchOptions);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

beforeEach(async () => {
  arrived = [];
  answers = {};
  context = await browser.newContext();
  page = await context.newPage();
  await page.goto(site);
});
afterEach(() => context.close());

const methods = (): string[] => arrived.map(({ method }) => method);
/** The headers that the first preflight asks for, as the browser names them. */
const askedFor = (): string | undefined =>
  arrived.find(({ method }) => method === 'OPTIONS')?.headers['access-control-request-headers'];

describe('preflights', () => {
  test('a GET has none, with any layer that adds no header', async () => {
    await page.evaluate(async (url) => {
      const { ky, retry, timeout, rateLimit, schema, log, idempotency, result } = kit;
      const client = ky
        .extend(retry())
        .extend(timeout())
        .extend(rateLimit({ maxConcurrent: 2 }))
        .extend(idempotency())
        .extend(schema({}))
        .extend(log({ logger: () => undefined }));
      await result(client.get(url));
    }, `${api}/plain`);
    expect(methods()).toEqual(['GET']);
  });

  test('a POST of JSON has one as it is; idempotency() adds a name to what it asks for', async () => {
    answers['/invoices'] = [{ allow: 'content-type' }];
    answers['/keyed'] = [{ allow: 'content-type, idempotency-key' }];
    await page.evaluate(async (url) => {
      await kit.ky.post(`${url}/invoices`, { json: {} });
    }, api);
    expect(methods()).toEqual(['OPTIONS', 'POST']);
    expect(askedFor()).toBe('content-type');
    arrived = [];
    await page.evaluate(async (url) => {
      await kit.ky.extend(kit.idempotency()).post(`${url}/keyed`, { json: {} });
    }, api);
    expect(methods()).toEqual(['OPTIONS', 'POST']);
    expect(askedFor()).toBe('content-type,idempotency-key');
  });

  test.each([
    ['auth()', 'authorization'],
    ['otel({ propagate })', 'traceparent'],
    ['log({ requestId })', 'x-request-id'],
  ])('%s gives one to a GET, for %s, and adds the name to that of a POST', async (name, header) => {
    answers['/any'] = [{ allow: `content-type, ${header}` }];
    for (const method of ['GET', 'POST']) {
      arrived = [];
      await page.evaluate(
        async ({ url, layer, as }) => {
          const { ky, auth, otel, log, tracerProvider } = kit;
          const layers = {
            'auth()': auth({ token: 'a', origins: [url] }),
            'otel({ propagate })': otel({ tracerProvider, propagate: [url] }),
            'log({ requestId })': log({ logger: () => undefined, requestId: true }),
          };
          const client = ky.extend(layers[layer as keyof typeof layers]);
          await client(`${url}/any`, { method: as, ...(as === 'POST' && { json: {} }) });
        },
        { url: api, layer: name, as: method },
      );
      expect(methods()).toEqual(['OPTIONS', method]);
      const asked = askedFor()!.split(',').toSorted();
      expect(asked).toEqual([...(method === 'POST' ? ['content-type'] : []), header].toSorted());
    }
  });

  test('credentials in the query have none', async () => {
    await page.evaluate(async (url) => {
      const { ky, auth, inQuery } = kit;
      await ky.extend(auth({ token: 'a', sign: inQuery('key'), origins: [url] })).get(`${url}/read`);
    }, api);
    expect(methods()).toEqual(['GET']);
  });

  test('otel() writes headers of the trace to the own origin only, unless others are named', async () => {
    await page.evaluate(
      async ({ there, here }) => {
        const { ky, otel, tracerProvider } = kit;
        const traced = ky.extend(otel({ tracerProvider }));
        await traced.get(`${there}/read`);
        await traced.get(`${here}/api/read`);
      },
      { there: api, here: site },
    );
    expect(arrived.map(({ path, headers }) => [path, headers['traceparent'] !== undefined])).toEqual([
      ['/read', false],
      ['/api/read', true],
    ]);
    expect(methods()).toEqual(['GET', 'GET']);
  });

  test('one that is refused looks like a lost network: it is tried again, and the request never leaves', async () => {
    answers['/read'] = [{ allow: 'something-else' }];
    const seen = await page.evaluate(async (url) => {
      const { ky, auth, retry, traceOf } = kit;
      const client = ky
        .extend(auth({ token: 'a', origins: [url] }))
        .extend(retry({ backoff: () => 10, limit: 2 }));
      const error = await client.get(`${url}/read`).catch((thrown: Error) => thrown);
      return {
        name: (error as Error).name,
        attempts: traceOf(error)!.attempts.map((attempt) => attempt.error),
      };
    }, api);
    expect(seen.attempts).toHaveLength(3);
    expect(new Set(seen.attempts).size).toBe(1);
    expect(methods()).toEqual(['OPTIONS', 'OPTIONS', 'OPTIONS']);
  });

  test('Access-Control-Max-Age saves that of the next attempt', async () => {
    answers['/read'] = [
      { allow: 'authorization', maxAge: 600, status: 503 },
      { allow: 'authorization', maxAge: 600 },
    ];
    await page.evaluate(async (url) => {
      const { ky, auth, retry } = kit;
      await ky
        .extend(auth({ token: 'a', origins: [url] }))
        .extend(retry({ backoff: () => 10 }))
        .get(`${url}/read`);
    }, api);
    expect(methods()).toEqual(['OPTIONS', 'GET', 'GET']);
  });
});

describe('what the server exposes', () => {
  const paused = { status: 429, headers: { 'retry-after': '1' } };

  test('a Retry-After that is not exposed does not exist: the client takes its own backoff', async () => {
    answers['/hidden'] = [paused, {}];
    answers['/exposed'] = [{ ...paused, expose: 'retry-after' }, {}];
    const waits = await page.evaluate(async (url) => {
      const { ky, retry, traceOf } = kit;
      const client = ky.extend(retry({ jitter: 'none', backoff: () => 50 }));
      const both = await Promise.all([client.get(`${url}/hidden`), client.get(`${url}/exposed`)]);
      return both.map((response) => traceOf(response)!.decisions[0]!.delayMs!);
    }, api);
    expect(waits[0]).toBe(50);
    expect(waits[1]).toBeGreaterThanOrEqual(900);
  });

  test('so too with RateLimit fields and Date', async () => {
    const headers = {
      ratelimit: '"minute";r=0;t=3',
      'ratelimit-policy': '"minute";q=10;w=60',
      date: new Date().toUTCString(),
    };
    answers['/hidden'] = [{ headers }];
    answers['/exposed'] = [{ headers, expose: 'ratelimit, ratelimit-policy, date' }];
    const [hidden, exposed] = await page.evaluate(async (url) => {
      const { ky, readServerTiming } = kit;
      const both = await Promise.all([ky.get(`${url}/hidden`), ky.get(`${url}/exposed`)]);
      return both.map((response) => ({
        timing: readServerTiming(response),
        date: response.headers.get('date'),
      }));
    }, api);
    expect(hidden).toEqual({ timing: { quotas: [] }, date: null });
    const timing = { pauseMs: 3_000, quotas: [{ remaining: 0, limit: 10 }] };
    expect(exposed).toMatchObject({ timing, date: headers.date });
  });

  test('a content type needs nothing; a request id and the link to the next page do', async () => {
    const next = (path: string): Record<string, string> => ({
      'x-request-id': 'r-1',
      link: `<${api}/${path}/2>; rel="next"`,
    });
    answers['/hidden'] = [{ headers: next('hidden'), body: '[1]' }];
    answers['/exposed'] = [{ headers: next('exposed'), body: '[1]', expose: 'x-request-id, link' }];
    answers['/exposed/2'] = [{ body: '[2]' }];
    const seen = await page.evaluate(
      (url) =>
        Promise.all(
          ['hidden', 'exposed'].map(async (path) => {
            const { ky, log, paginate, traceOf } = kit;
            const client = ky.extend(log({ logger: () => undefined }));
            const response = await client.get(`${url}/${path}`);
            const items: unknown[] = [];
            for await (const item of paginate(client, `${url}/${path}`)) items.push(item);
            return [response.headers.get('content-type'), traceOf(response)!.requestId ?? null, items];
          }),
        ),
      api,
    );
    expect(seen).toEqual([
      ['application/json', null, [1]],
      ['application/json', 'r-1', [1, 2]],
    ]);
  });
});

test('an answer that does not allow the page’s origin is a lost network too', async () => {
  answers['/read'] = [{ status: 429, headers: { 'retry-after': '1' }, silent: true }, {}];
  const seen = await page.evaluate(async (url) => {
    const { ky, retry, traceOf } = kit;
    const response = await ky.extend(retry({ jitter: 'none', backoff: () => 10 })).get(`${url}/read`);
    const { attempts, decisions } = traceOf(response)!;
    return [attempts[0]!.status ?? attempts[0]!.error, decisions[0]!.delayMs];
  }, api);
  expect(seen).toEqual(['TypeError', 10]);
});

describe('offline', () => {
  test('a call fails at once, as for any lost network, and is sent again when there is one', async () => {
    await context.setOffline(true);
    const call = page.evaluate(async () => {
      const { ky, idempotency, retry, traceOf } = kit;
      const client = ky.extend(idempotency()).extend(retry({ jitter: 'none', backoff: () => 400 }));
      const response = await client.post('/api/invoices', { json: {} });
      const { attempts } = traceOf(response)!;
      return {
        failedAfterMs: attempts[0]!.headersMs!,
        statuses: attempts.map(({ status }) => status ?? null),
      };
    });
    await page.waitForFunction('!navigator.onLine');
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(arrived).toEqual([]);
    await context.setOffline(false);
    const { failedAfterMs, statuses } = await call;
    expect(failedAfterMs).toBeLessThan(300);
    expect(statuses).toEqual([null, 200]);
    expect(methods()).toEqual(['POST']);
  });

  test('the retries are soon spent; waiting for the event “online” is the page’s business', async () => {
    await context.setOffline(true);
    const call = page.evaluate(async (url) => {
      const { ky, retry, traceOf } = kit;
      const client = ky.extend(retry({ backoff: () => 10 }));
      const error = await client.get(`${url}/read`).catch((thrown: unknown) => thrown);
      const spent = traceOf(error)!.attempts.length;
      if (!navigator.onLine)
        await new Promise((resolve) => addEventListener('online', resolve, { once: true }));
      return [spent, (await client.get(`${url}/read`)).status];
    }, api);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await context.setOffline(false);
    expect(await call).toEqual([4, 200]);
  });
});

describe('a page that sleeps', () => {
  /** Stands still from now on, as a hidden page or a closed lid makes it: no timer, no event. */
  const asleep = (ms: number): void => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };

  test('finds its deadline over when it wakes, and sends nothing more', async () => {
    answers['/slow'] = [{ afterMs: 60_000 }];
    const call = page.evaluate(async (url) => {
      const { ky, timeout, retry, traceOf } = kit;
      const client = ky.extend(timeout({ attempt: 300, total: 1_000 })).extend(retry({ backoff: () => 10 }));
      const error = await client.get(`${url}/slow`).catch((thrown: unknown) => thrown);
      return { attempts: traceOf(error)!.attempts.length, ms: traceOf(error)!.durationMs! };
    }, api);
    await expect.poll(methods).toEqual(['GET']);
    await page.evaluate(asleep, 1_200);
    const { attempts, ms } = await call;
    expect(attempts).toBe(1);
    expect(ms).toBeGreaterThan(1_000);
    expect(methods()).toEqual(['GET']);
  });

  test('backs off at least as long as it should', async () => {
    answers['/read'] = [{ status: 503 }, {}];
    const call = page.evaluate(async (url) => {
      const { ky, retry, traceOf } = kit;
      const response = await ky.extend(retry({ jitter: 'none', backoff: () => 300 })).get(`${url}/read`);
      return traceOf(response)!.attempts[1]!.backoffMs;
    }, api);
    await expect.poll(methods).toEqual(['GET']);
    await page.evaluate(asleep, 500);
    expect(await call).toBeGreaterThanOrEqual(299);
  });

  test('takes an answer that came meanwhile, though its timer is over too', async () => {
    answers['/read'] = [{ afterMs: 150 }];
    const call = page.evaluate(async (url) => {
      const { ky, timeout } = kit;
      return (await ky.extend(timeout({ attempt: 400 })).get(`${url}/read`)).status;
    }, api);
    await expect.poll(methods).toEqual(['GET']);
    await page.evaluate(asleep, 700);
    expect(await call).toBe(200);
  });
});

describe('keepalive', () => {
  const leave = async (work: (url: string) => void): Promise<void> => {
    await page.evaluate(work, api);
    await page.goto('about:blank');
  };

  test('a call with it arrives though the page is left', async () => {
    answers['/beacon'] = [{ allow: 'content-type' }];
    await leave((url) => {
      void kit.ky.extend(kit.retry()).post(`${url}/beacon`, { body: 'bye', keepalive: true });
    });
    await expect.poll(methods).toEqual(['POST']);
  });

  test('nobody is left to send it again', async () => {
    answers['/beacon'] = [{ status: 503, afterMs: 200 }, {}];
    await leave((url) => {
      void kit.ky.extend(kit.retry({ backoff: () => 10 })).get(`${url}/beacon`, { keepalive: true });
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(methods()).toEqual(['GET']);
  });

  test('two bodies that are above 64 KiB together are one too many', async () => {
    answers['/beacon'] = [{ afterMs: 200 }];
    const ends = await page.evaluate(
      (url) =>
        Promise.allSettled(
          [1, 2].map(() =>
            kit.ky.post(`${url}/beacon`, { body: 'x'.repeat(40 * 1024), keepalive: true, retry: 0 }),
          ),
        ).then((settled) => settled.map(({ status }) => status)),
      api,
    );
    expect(ends).toEqual(['fulfilled', 'rejected']);
    expect(methods()).toEqual(['POST']);
  });

  test('a body above 64 KiB is refused by the browser', async () => {
    const ends = await page.evaluate(
      (url) =>
        Promise.all(
          [60, 65].map((kib) =>
            kit.ky.post(`${url}/beacon`, { body: 'x'.repeat(kib * 1024), keepalive: true, retry: 0 }).then(
              ({ status }) => status,
              (error: Error) => (error.cause as Error | undefined)?.name ?? error.name,
            ),
          ),
        ),
      api,
    );
    expect(ends[0]).toBe(200);
    expect(ends[1]).not.toBe(200);
    expect(methods()).toEqual(['POST']);
  });
});

describe('service workers', () => {
  beforeEach(async () => {
    await page.evaluate(async () => {
      await navigator.serviceWorker.register('/worker.js');
      await navigator.serviceWorker.ready;
      if (!navigator.serviceWorker.controller)
        await new Promise((resolve) =>
          navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
        );
    });
  });

  test('each attempt is a fetch event of its own, and the worker’s answer counts as the server’s', async () => {
    const seen = await page.evaluate(async () => {
      const { ky, retry, traceOf } = kit;
      const response = await ky.extend(retry({ backoff: () => 10 })).get('/api/refused-by-the-worker');
      const { seen: events } = await ky.get('/seen').json<{ seen: number }>();
      return { statuses: traceOf(response)!.attempts.map(({ status }) => status), events };
    });
    expect(seen).toEqual({ statuses: [503, 200], events: 2 });
    expect(arrived).toEqual([]);
  });

  test('a client works in the worker too', async () => {
    answers['/api/through-the-worker'] = [{ status: 503 }, {}];
    const status = await page.evaluate(async () => (await fetch('/api/through-the-worker')).status);
    expect(status).toBe(200);
    expect(methods()).toEqual(['GET', 'GET']);
  });
});
