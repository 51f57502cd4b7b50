import type { ServerResponse } from 'node:http';
import { deadlineIn, timeout, type TimeoutOptions } from '@kyhooks/timeout';
import ky from 'ky';
import { describe, expect, test } from 'vitest';
import { realServer } from './real-server.ts';

/** A server that misbehaves in one way, until the client hangs up. */
const servers = {
  'stalls before the headers': () => undefined,
  'stalls between chunks': (response: ServerResponse) => {
    response.writeHead(200);
    response.write('half');
  },
  'states a length and stalls': (response: ServerResponse) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
  },
  'drips for ever': (response: ServerResponse) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drip));
  },
};

const off: TimeoutOptions = { attempt: false, total: false, body: false };
const reads = {
  '.text() of ky': (call: ReturnType<typeof ky.get>) => call.text(),
  'text() of the response': async (call: ReturnType<typeof ky.get>) => (await call).text(),
  'a reader': async (call: ReturnType<typeof ky.get>) => {
    const reader = (await call).body!.getReader();
    while (!(await reader.read()).done);
  },
};

/** Which bound ends which server, and what it is called. */
const table: readonly [keyof typeof servers, () => TimeoutOptions, string][] = [
  ['stalls before the headers', () => ({ attempt: 150 }), 'ATTEMPT_TIMEOUT'],
  ['stalls before the headers', () => ({ total: 150 }), 'TOTAL_TIMEOUT'],
  ['stalls before the headers', () => ({ deadline: deadlineIn(150) }), 'DEADLINE'],
  ['stalls between chunks', () => ({ body: { idle: 150 } }), 'BODY_TIMEOUT'],
  ['stalls between chunks', () => ({ deadline: deadlineIn(150) }), 'DEADLINE'],
  ['states a length and stalls', () => ({ body: { idle: 150 } }), 'BODY_TIMEOUT'],
  ['drips for ever', () => ({ body: { idle: 150, total: 300 } }), 'BODY_TIMEOUT'],
  ['drips for ever', () => ({ deadline: deadlineIn(300) }), 'DEADLINE'],
];

for (const [server, bound, code] of table) {
  describe(`a server that ${server}, under ${Object.keys(bound()).join()}`, () => {
    for (const [name, read] of Object.entries(reads)) {
      test(`is left by ${name} with ${code}, and sees the connection close`, async () => {
        await using real = await realServer(servers[server]);
        const call = ky.get(real.url, { retry: 0, ...timeout({ ...off, ...bound() }) });
        await expect(read(call)).rejects.toMatchObject({ code });
        await real.hungUp;
      });
    }
  });
}

test('a stream that keeps moving outlives its idle bound many times over', async () => {
  await using real = await realServer((response) => {
    let chunks = 0;
    const stream = setInterval(() => {
      response.write('.');
      if (++chunks < 20) return;
      clearInterval(stream);
      response.end();
    }, 50);
  });
  const response = await ky.get(real.url, timeout({ attempt: false, body: { idle: 200 } }));
  expect(await response.text()).toHaveLength(20);
});
