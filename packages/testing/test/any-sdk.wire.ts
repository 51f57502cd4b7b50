import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { octokit, openai, openapi } from './any-sdk.ts';
import { realServer, type RealServer } from './real-server.ts';

/** What the server does with the first requests; all that follow get the answer. */
type Fault = '503' | 'gzip 503' | '429' | 'reset';
const faults: readonly (readonly Fault[])[] = [['503'], ['gzip 503'], ['429'], ['reset'], ['503', 'reset']];
const json = { 'content-type': 'application/json' };

interface Received {
  readonly atMs: number;
  readonly key: string | undefined;
}

async function flaky(
  script: readonly Fault[],
  answer: object,
  status = 200,
): Promise<RealServer & { log: Received[] }> {
  const log: Received[] = [];
  const server = await realServer((response, request, number) => {
    const key = request.headers['idempotency-key'];
    log.push({ atMs: performance.now(), key: typeof key === 'string' ? key : undefined });
    request.resume();
    const fault = script[number - 1];
    if (fault === 'reset') response.destroy();
    else if (fault === '429') response.writeHead(429, { ...json, 'retry-after': '1' }).end('{"error":{}}');
    else if (fault === '503') response.writeHead(503, json).end('{"error":{}}');
    else if (fault)
      response.writeHead(503, { ...json, 'content-encoding': 'gzip' }).end(gzipSync('{"error":{}}'));
    else response.writeHead(status, json).end(JSON.stringify(answer));
  });
  return Object.assign(server, { log });
}

type Call = (url: string) => Promise<unknown>;

const user = { id: 1 };
const reads: readonly (readonly [name: string, call: Call, answer: object, result: unknown])[] = [
  ['Octokit', async (url) => (await octokit(url).request('GET /users/1')).data, user, user],
  ['OpenAI', async (url) => (await openai(url).models.list()).data, { object: 'list', data: [user] }, [user]],
  [
    'openapi-fetch',
    async (url) => {
      const { data, error, response } = await openapi(url).GET('/users/{id}', {
        params: { path: { id: 1 } },
      });
      return data ?? { status: response.status, ...error };
    },
    user,
    user,
  ],
];

/** What an SDK says of a status: it throws, or gives both beside each other. */
async function refusal(call: Call, url: string): Promise<unknown> {
  return call(url).catch((error: unknown) => error);
}

describe.each(reads)('%s', (_name, call, answer, result) => {
  test.each(faults.map((script) => [script.join(', then '), script] as const))(
    'reads through %s',
    async (_, script) => {
      await using server = await flaky(script, answer);
      expect(await call(server.url.slice(0, -1))).toEqual(result);
      expect(server.received).toBe(script.length + 1);
      // The server's word: not before the second that it asked for is over.
      const [first, second] = server.log;
      expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(script[0] === '429' ? 990 : 0);
    },
  );

  test.each([400, 404])('a %i is asked for once, and is told in words of its own', async (status) => {
    await using server = await flaky([], { message: 'gone', error: { message: 'gone' } }, status);
    expect(await refusal(call, server.url.slice(0, -1))).toMatchObject({
      status,
      message: expect.stringContaining('gone') as string,
    });
    expect(server.received).toBe(1);
  });
});

const writes: readonly (readonly [name: string, call: Call])[] = [
  ['Octokit', async (url) => octokit(url).request('POST /issues', { title: 'A title' })],
  [
    'OpenAI',
    async (url) =>
      openai(url).chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] }),
  ],
];

test.each(writes)('%s writes once, however often it is sent: one idempotency key', async (_, call) => {
  await using server = await flaky(['503', 'reset'], { id: 'x' });
  await call(server.url.slice(0, -1));
  expect(server.log.map(({ key }) => key)).toEqual(Array.from({ length: 3 }, () => server.log[0]!.key));
  expect(server.log[0]!.key).toMatch(/\S{10}/);
});

test("an SDK's own retries multiply those below: turned off, four attempts; left on, twelve", async () => {
  await using server = await flaky(Array.from<Fault>({ length: 20 }).fill('503'), {});
  await expect(openai(server.url.slice(0, -1)).models.list()).rejects.toMatchObject({ status: 503 });
  expect(server.received).toBe(4);
  await using other = await flaky(Array.from<Fault>({ length: 20 }).fill('503'), {});
  const left = openai(other.url.slice(0, -1)).withOptions({ maxRetries: 2 });
  await expect(left.models.list()).rejects.toMatchObject({ status: 503 });
  expect(other.received).toBe(12);
});

test("an abort reaches an SDK's caller, and nothing is sent again", async () => {
  await using server = await realServer((response, request) => {
    request.resume();
    void response;
  });
  const controller = new AbortController();
  const call = octokit(server.url.slice(0, -1)).request('GET /users/1', {
    request: { signal: controller.signal },
  });
  setTimeout(() => controller.abort(), 50);
  await expect(call).rejects.toThrow(/abort/i);
  await server.hungUp;
  expect(server.received).toBe(1);
});
