import { outcome } from '@kyhooks/testing';
import { type CallRecord, traceOf } from '@kyhooks/core';
import { isTransient, isUnprocessed } from '@kyhooks/core/classify';
import { constant, retry } from '@kyhooks/retry';
import ky, { isNetworkError, type KyInstance, type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { brokenServer, fine, rude } from './broken-server.ts';
import { realServer } from './real-server.ts';
import { fine as fineHttp2, http2Server, rude as rudeHttp2 } from './http2-server.ts';

const client = (baseUrl: string, options: Options = {}): KyInstance =>
  ky
    .create({ baseUrl, ...options })
    .extend(retry({ backoff: constant(5), jitter: 'none', malformedBody: true }));
const firstOf = (result: unknown): CallRecord['attempts'][number] | undefined => traceOf(result)?.attempts[0];

describe('a server without manners, over HTTP/1.1', () => {
  test.each(Object.entries(rude))('%s: a read is tried again', async (_, manner) => {
    await using server = await brokenServer([manner, fine]);
    expect(await client(server.url).get('a').json()).toEqual({ id: 1 });
    expect(server.received).toEqual(['GET /a HTTP/1.1', 'GET /a HTTP/1.1']);
  });

  test.each(Object.entries(rude))('%s: a write is not', async (_, manner) => {
    await using server = await brokenServer([manner, fine]);
    const error = (await outcome(client(server.url).post('a', { json: {} }).json())) as Error;
    expect(error).toBeInstanceOf(Error);
    expect(isUnprocessed(error)).toBe(false);
    expect(server.received).toEqual(['POST /a HTTP/1.1']);
    // Before the headers it is ky's network error; within the body what `fetch` throws.
    expect(isNetworkError(error) ? isTransient(error) : error.message === 'terminated').toBe(true);
  });

  test('no server: a write is tried again, for nobody has read it', async () => {
    const { port, url, [Symbol.asyncDispose]: close } = await brokenServer([fine]);
    await close();
    let server: Awaited<ReturnType<typeof brokenServer>> | undefined;
    const onRetry = async (): Promise<void> => {
      server = await brokenServer([fine], port);
    };
    const response = await client(url).post('a', { json: {}, ...retry({ onRetry }) });
    await using _ = server;
    expect(await response.json()).toEqual({ id: 1 });
    expect(firstOf(response)?.error).toBe('ECONNREFUSED');
  });

  test('a name that does not exist', async () => {
    const error = await outcome(
      client('http://no-such-host.invalid/').post('a', { json: {}, ...retry({ limit: 1 }) }),
    );
    expect(isNetworkError(error)).toBe(true);
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(firstOf(error)?.error);
    expect(traceOf(error)?.attempts).toHaveLength(2);
  });

  test('a port that fetch refuses, and TLS to a server that has none, are not tried again', async () => {
    await using server = await realServer((response) => void response.end());
    for (const [url, code] of [
      ['http://localhost:22/', /^bad port$/],
      [server.url.replace('http', 'https'), /SSL|TLS|EPROTO/],
    ] as const) {
      const error = await outcome(client(url).get('a'));
      expect(traceOf(error)?.attempts).toHaveLength(1);
      expect(firstOf(error)?.error).toMatch(code);
    }
  });
});

describe('over HTTP/2', () => {
  test.each([
    ['refuses the stream', true],
    ['fails within', false],
    ['goes away', false],
    ['breaks the connection', false],
  ])('a server that %s: a read is tried again, a write: %o', async (manner, writesAgain) => {
    await using reads = await http2Server([rudeHttp2[manner]!, fineHttp2]);
    expect(await client(reads.url, { fetch: reads.fetch }).get('a').json()).toEqual({ id: 1 });
    expect(reads.received).toBe(2);

    await using writes = await http2Server([rudeHttp2[manner]!, fineHttp2]);
    const result = await outcome(client(writes.url, { fetch: writes.fetch }).post('a', { json: {} }));
    expect(isNetworkError(result)).toBe(!writesAgain);
    expect(writes.received).toBe(writesAgain ? 2 : 1);
  });

  test('a body that breaks off may look whole to fetch, but is no JSON', async () => {
    await using server = await http2Server([rudeHttp2['breaks off in the body']!, fineHttp2]);
    expect(await client(server.url, { fetch: server.fetch }).get('a').json()).toEqual({ id: 1 });
    expect(server.received).toBe(2);
  });

  test('a certificate that nobody vouches for is not tried again', async () => {
    await using server = await http2Server([fineHttp2]);
    const error = await outcome(client(server.url).get('a'));
    expect(firstOf(error)?.error).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(traceOf(error)?.attempts).toHaveLength(1);
  });
});
