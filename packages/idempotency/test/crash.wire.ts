import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { paymentServer, type PaymentServer } from './payment-server.ts';

const script = fileURLToPath(new URL('crash-client.ts', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kyhooks-crash-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the client in a process of its own. */
function start({ url }: PaymentServer): ChildProcess {
  return spawn(process.execPath, [script, url, join(folder, 'keys.json')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** What it prints before it ends, by itself and well. */
async function answerOf(client: ChildProcess): Promise<unknown> {
  const [text, [code]] = await Promise.all([
    client.stdout!.setEncoding('utf8').toArray(),
    once(client, 'exit'),
  ]);
  expect(code).toBe(0);
  return JSON.parse(text.join(''));
}

test('a process killed between send and response, and started again: one effect', async () => {
  await using server = await paymentServer();
  const first = start(server);
  const exit = once(first, 'exit');
  await server.received(1);
  first.kill('SIGKILL');
  expect(await exit).toEqual([null, 'SIGKILL']);

  server.answer();
  expect(await answerOf(start(server))).toEqual({ done: '{"amount":5}' });
  expect(server.keys).toHaveLength(2);
  expect(new Set(server.keys).size).toBe(1);
  expect(server.effects).toBe(1);
});

test('killed three times over', async () => {
  await using server = await paymentServer();
  for (const count of [1, 2, 3]) {
    const client = start(server);
    const exit = once(client, 'exit');
    await server.received(count);
    client.kill('SIGKILL');
    await exit;
  }
  server.answer();
  await answerOf(start(server));
  expect(new Set(server.keys).size).toBe(1);
  expect(server.effects).toBe(1);
});

test('four processes at once: one effect', async () => {
  await using server = await paymentServer(undefined, 200);
  server.answer();
  const answers = await Promise.all([1, 2, 3, 4].map(() => answerOf(start(server))));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(new Set(server.keys).size).toBe(1);
  expect(server.effects).toBe(1);
});
