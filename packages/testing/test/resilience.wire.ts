import { outcome } from '@kyhooks/testing';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { layer, onSettled, traceOf, type CallRecord, wire } from '@kyhooks/core';
import { rateLimit } from '@kyhooks/rate-limit';
import { constant, retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import ky, { type KyInstance } from 'ky';
import { describe, expect, test } from 'vitest';
import { realServer, type RealServer } from './real-server.ts';

const quick = retry({ backoff: constant(5), jitter: 'none' });
const client = ({ url }: RealServer): KyInstance =>
  ky
    .create({ baseUrl: url })
    .extend(quick)
    .extend(timeout({ attempt: 300, total: 5_000 }));
const errorsOf = (record: CallRecord | undefined): unknown =>
  record?.attempts.map(({ error, status }) => error ?? status);

describe('over real sockets', () => {
  test('a connection that is reset is tried again', async () => {
    await using server = await realServer((response, { socket }, number) => {
      if (number < 3) socket.destroy();
      else response.end('ok');
    });
    const response = await client(server).get('a');
    expect(await response.text()).toBe('ok');
    expect(errorsOf(traceOf(response))).toEqual(['UND_ERR_SOCKET', 'UND_ERR_SOCKET', 200]);
  });

  test('a server that is not there is a network error, tried again and then told', async () => {
    const server = await realServer((response) => void response.end());
    await server[Symbol.asyncDispose]();
    const error = await outcome(client(server).get('a'));
    expect(error).toMatchObject({ name: 'NetworkError' });
    expect(errorsOf(traceOf(error))).toEqual([
      'ECONNREFUSED',
      'ECONNREFUSED',
      'ECONNREFUSED',
      'ECONNREFUSED',
    ]);
  });

  test('a server that hangs is left after the attempt, and sees the connection close', async () => {
    await using server = await realServer((response, _, number) => {
      if (number > 1) response.end('ok');
    });
    const response = await client(server).get('a');
    await server.hungUp;
    expect(await response.text()).toBe('ok');
    expect(errorsOf(traceOf(response))).toEqual(['ATTEMPT_TIMEOUT', 200]);
  });

  test('a body that stalls ends the shortcut, and the server sees the connection close', async () => {
    await using server = await realServer((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
    });
    const error = await outcome(client(server).get('a').text());
    await server.hungUp;
    expect(error).toMatchObject({ code: 'ATTEMPT_TIMEOUT', phase: 'body' });
  });

  test("a user's abort closes the connection, with the user's reason, and nothing is sent again", async () => {
    const controller = new AbortController();
    const reason = new Error('mine');
    await using server = await realServer(() => controller.abort(reason));
    expect(await outcome(client(server).get('a', { signal: controller.signal }))).toBe(reason);
    await server.hungUp;
    expect(server.received).toBe(1);
  });

  test('Retry-After is waited for, and answers that are thrown away do not hold their connections', async () => {
    await using server = await realServer((response, _, number) => {
      if (number > 1) response.end('ok');
      else response.writeHead(503, { 'retry-after': '1' }).end('x'.repeat(100_000));
    });
    const response = await client(server).get('a', { throwHttpErrors: false });
    expect(await response.text()).toBe('ok');
    expect(traceOf(response)?.attempts[1]!.backoffMs).toBeGreaterThanOrEqual(999);
  });

  test('an answer for whose body no time is left holds no permit', async () => {
    await using server = await realServer((response) => void response.end('ok'));
    const limits = rateLimit({ maxConcurrent: 1, hold: 'body' });
    const busy = layer({
      name: 'busy',
      places: [
        wire({
          stage: 'observe',
          async run(_, next) {
            const response = await next();
            const endMs = performance.now() + 250;
            while (performance.now() < endMs);
            return response;
          },
        }),
      ],
    });
    const api = ky
      .create({ baseUrl: server.url, retry: 0 })
      .extend(timeout({ attempt: false, total: 200 }))
      .extend(busy())
      .extend(limits);
    expect(await outcome(api.get('a').text())).toMatchObject({ code: 'TOTAL_TIMEOUT' });
    expect([...limits.stats().values()]).toMatchObject([{ running: 0, waiting: 0 }]);
  });

  test('a truncated body is told to listeners as failed', async () => {
    await using server = await realServer((response, { socket }) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => socket.destroy());
    });
    const outcomes: unknown[] = [];
    const api = client(server).extend(onSettled((call) => outcomes.push(call.outcome, call.error)));
    expect(await outcome(api.get('a').text())).toBeInstanceOf(TypeError);
    expect(outcomes).toEqual(['failed', 'UND_ERR_SOCKET']);
  });

  test('url, redirected and the rest stay true, also for a response that is listened to', async () => {
    await using server = await realServer((response, { url }) => {
      if (url === '/a') response.writeHead(302, { location: '/b' }).end();
      else
        response
          .writeHead(
            200,
            [
              ['set-cookie', 'a=1'],
              ['set-cookie', 'b=2'],
            ].flat(),
          )
          .end('there');
    });
    const response = await client(server)
      .extend(onSettled(() => undefined))
      .get('a');
    expect([response.url, response.redirected, response.type]).toEqual([`${server.url}b`, true, 'basic']);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    const copy = response.clone();
    expect([await copy.text(), await response.text()]).toEqual(['there', 'there']);
  });

  test('a stream of 1 GB goes up once, is not held in memory, and its first outcome stands', async () => {
    let received = 0;
    await using server = await realServer((response, request) => {
      request.on('data', ({ length }: Buffer) => void (received += length));
      request.on('end', () => response.writeHead(503).end('the first outcome'));
    });
    // In a process of its own, where nothing else takes memory.
    const told = await inProcess(`
      import ky from 'ky';
      import { retry } from '@kyhooks/retry';
      const chunk = new Uint8Array(64 * 1024);
      const before = process.memoryUsage.rss();
      let peak = 0;
      let chunks = 0;
      const body = new ReadableStream({
        pull(controller) {
          peak = Math.max(peak, process.memoryUsage.rss() - before);
          if (++chunks > 16_384) controller.close();
          else controller.enqueue(chunk);
        },
      });
      const error = await ky.extend(retry()).put('${server.url}', { body, timeout: false }).catch((thrown) => thrown);
      console.log(JSON.stringify({ name: error.name, data: error.data, peak: peak / 1024 / 1024 }));`);
    const { peak, ...outcomes } = JSON.parse(told) as { readonly peak: number };
    expect(outcomes).toEqual({ name: 'HTTPError', data: 'the first outcome' });
    expect(server.received).toBe(1);
    expect(received).toBe(1024 ** 3);
    expect(peak).toBeLessThan(100);
  });
});

test('a process with settled calls ends at once, though timeouts are long', async () => {
  const script = `
    import { createServer } from 'node:http';
    import ky from 'ky';
    import { retry } from '@kyhooks/retry';
    import { timeout } from '@kyhooks/timeout';
    const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1', async () => {
      const api = ky.create({ baseUrl: 'http://127.0.0.1:' + server.address().port }).extend(retry()).extend(timeout({ attempt: 60_000, total: 90_000 }));
      console.log(await api.get('a').text());
      await api.get('b');
      server.close();
      server.closeAllConnections();
    });`;
  const started = performance.now();
  expect(await inProcess(script)).toBe('ok');
  expect(performance.now() - started).toBeLessThan(15_000);
});

/** What a script prints that runs in a process of its own. */
async function inProcess(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    timeout: 20_000,
  });
  return stdout.trim();
}
