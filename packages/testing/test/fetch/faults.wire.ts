import { gzipSync } from 'node:zlib';
import { compose } from '@kyhooks/core';
import { install, toFetch } from '@kyhooks/fetch';
import { idempotency } from '@kyhooks/idempotency';
import { retry } from '@kyhooks/retry';
import ky, { type Options } from 'ky';
import { describe, expect, test } from 'vitest';
import { realServer, type RealServer } from '../real-server.ts';

describe('with faults', () => {
  const flaky = async (faults: readonly (number | 'reset')[], lines: string[]): Promise<RealServer> => {
    const left = [...faults];
    return realServer((response, { method }) => {
      lines.push(method!);
      const fault = left.shift();
      if (fault === 'reset') response.destroy();
      else response.writeHead(fault ?? 200).end('ok');
    });
  };
  const quick = retry({ backoff: () => 1, budget: false });

  test.each<[string, readonly (number | 'reset')[], string, number, number]>([
    ['503 twice', [503, 503], 'GET', 200, 3],
    ['a reset', ['reset'], 'GET', 200, 2],
    ['429', [429], 'GET', 200, 2],
    ['PUT is sent again with its body', [503], 'PUT', 200, 2],
    ['POST is not', [503], 'POST', 503, 1],
    ['400 is not', [400], 'GET', 400, 1],
    ['the last answer is handed on', [503, 503, 503, 503], 'GET', 503, 4],
  ])('%s', async (_, faults, method, status, requests) => {
    const lines: string[] = [];
    await using server = await flaky(faults, lines);
    const response = await toFetch(quick)(server.url, { method, ...(method !== 'GET' && { body: 'x' }) });
    expect([response.status, await response.text(), lines.length]).toEqual([status, 'ok', requests]);
  });

  test.each<[string, Options, 503 | 'reset', unknown, number]>([
    ['no layer: nothing is sent again', {}, 503, 503, 1],
    ['no layer: not after a reset either', {}, 'reset', 'TypeError', 1],
    ['retry() taken away: the same', compose(retry(), retry(false)), 'reset', 'TypeError', 1],
    ["ky's own retry, asked for: after a reset", { retry: { limit: 1, delay: () => 1 } }, 'reset', 200, 2],
    ["ky's own retry does not see statuses", { retry: { limit: 1, delay: () => 1 } }, 503, 503, 1],
    ['retry({ limit: 0 })', retry({ limit: 0 }), 503, 503, 1],
  ])('%s', async (_, source, fault, expected, requests) => {
    const lines: string[] = [];
    await using server = await flaky([fault], lines);
    const found = await toFetch(source)(server.url).then(
      ({ status }) => status,
      ({ name }: Error) => name,
    );
    expect([found, lines.length]).toEqual([expected, requests]);
  });

  test('install replaces the global fetch until disposed of', async () => {
    const lines: string[] = [];
    await using server = await flaky([503], lines);
    const platform = globalThis.fetch;
    {
      using installed = install(quick);
      expect(installed.original).toBe(platform);
      expect([(await fetch(server.url)).status, lines.length]).toEqual([200, 2]);
    }
    expect(globalThis.fetch).toBe(platform);
  });

  test("under install, what the layers' own callbacks fetch goes past them", async () => {
    const lines: string[] = [];
    await using server = await flaky([], lines);
    let waits = 0;
    const asks = {
      hooks: {
        beforeRequest: [
          async () => {
            waits += 1;
            await fetch(`${server.url}/token`);
          },
        ],
      },
    };
    using installed = install(ky.extend(asks));
    // Two at once: what is inside of one call is not inside of the other.
    await Promise.all([fetch(server.url), fetch(server.url)]);
    expect([waits, lines.length, installed.original === fetch]).toEqual([2, 4, false]);
  });
});

test('an abort rejects with the reason itself', async () => {
  await using server = await realServer(() => undefined);
  const controller = new AbortController();
  const reason = { any: 'object' };
  const pending = toFetch(retry())(server.url, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await expect(pending).rejects.toBe(reason);
});

const faults = ['503', 'gzip 503', '429', 'reset'] as const;
const twice = faults.flatMap((first) => faults.map((second) => [first, second]));
const scripts = [...faults.map((fault) => [fault]), ...twice];

/** Meets each call, which a header names, with its own script of faults; keeps what it did, and when. */
async function faultyServer(requests: Map<string, { fault: string; atMs: number }[]>): Promise<RealServer> {
  return realServer((response, { headers }) => {
    const name = String(headers['x-call']);
    const seen = requests.get(name) ?? [];
    requests.set(name, seen);
    const fault = name.split(' then ')[seen.length]?.split(': ').at(-1) ?? 'none';
    seen.push({ fault, atMs: performance.now() });
    if (fault === 'reset') response.destroy();
    else if (fault === '503') response.writeHead(503).end('busy');
    else if (fault === 'gzip 503')
      response.writeHead(503, { 'content-encoding': 'gzip' }).end(gzipSync('busy'));
    else if (fault === '429') response.writeHead(429, { 'retry-after': '1' }).end();
    else response.end('done');
  });
}

describe('recovers every read, and every write with a key', () => {
  const api = toFetch(compose(idempotency(), retry({ limit: 2, backoff: () => 1, budget: false })));

  test.each(['GET', 'POST'])('%s', async (method) => {
    const requests = new Map<string, { fault: string; atMs: number }[]>();
    await using server = await faultyServer(requests);
    const answers = await Promise.all(
      scripts.map(async (script) => {
        const name = `${method}: ${script.join(' then ')}`;
        const init = { method, headers: { 'x-call': name }, ...(method === 'POST' && { body: '{}' }) };
        const response = await api(server.url, init);
        return [response.status, await response.text()];
      }),
    );
    expect(answers).toEqual(scripts.map(() => [200, 'done']));
    expect([...requests.values()].map(({ length }) => length)).toEqual(
      scripts.map(({ length }) => length + 1),
    );
    // The second that the server asks for, but for what its own timers are late.
    const pausesMs = [...requests.values()].flatMap((seen) =>
      seen.flatMap(({ fault, atMs }, index) => (fault === '429' ? seen[index + 1]!.atMs - atMs : [])),
    );
    expect(pausesMs.length).toBe(9);
    expect(Math.min(...pausesMs)).toBeGreaterThan(990);
  });

  test.each([400, 404])('%i is not sent again, nor an abort', async (status) => {
    await using server = await realServer((response) => void response.writeHead(status).end());
    expect((await api(server.url)).status).toBe(status);
    expect(server.received).toBe(1);
    await using silent = await realServer(() => undefined);
    await expect(api(silent.url, { signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout');
    expect(silent.received).toBe(1);
  });
});
