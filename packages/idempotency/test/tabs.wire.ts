import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import unpackChromium, { launchOptions } from '../../../tooling/chromium.ts';
import { paymentServer } from './payment-server.ts';

declare const pay: (operation: string) => Promise<unknown>;
declare const keyOf: (operation: string) => Promise<string>;

let browser: Browser;
let context: BrowserContext;
let script: string;
beforeAll(async () => {
  // The Chromium of the other browser tests; their setup may not have run.
  if (!existsSync(launchOptions.executablePath)) await unpackChromium();
  browser = await chromium.launch(launchOptions);
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
  });
  script = outputFiles[0]!.text;
}, 120_000);
afterAll(() => browser?.close());
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(() => context.close());

function serve({ url }: IncomingMessage, response: ServerResponse): void {
  const isScript = url === '/page.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>');
}

async function open(url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'load' });
  return page;
}

test('a page reloaded between send and response: one effect', async () => {
  await using server = await paymentServer(serve);
  const page = await open(server.url);
  const lost = page.evaluate(() => pay('a')).catch((error: unknown) => error);
  await server.received(1);
  await page.reload({ waitUntil: 'load' });
  expect(await lost).toBeInstanceOf(Error);

  server.answer();
  expect(await page.evaluate(() => pay('a'))).toEqual({ done: '{"operation":"a"}' });
  expect(server.keys).toHaveLength(2);
  expect(new Set(server.keys).size).toBe(1);
  expect(server.effects).toBe(1);
});

test('two tabs at once: one effect, twenty times', { timeout: 60_000 }, async () => {
  await using server = await paymentServer(serve);
  server.answer();
  const tabs = await Promise.all([open(server.url), open(server.url)]);
  for (let count = 1; count <= 20; count++) {
    const operation = `operation ${count}`;
    const answers = await Promise.all(tabs.map((tab) => tab.evaluate((name) => pay(name), operation)));
    expect(answers[0]).toEqual(answers[1]);
    expect(server.effects).toBe(count);
  }
  expect(new Set(server.keys).size).toBe(20);
});

test('three tabs at once, 500 operations: one key for each', async () => {
  await using server = await paymentServer(serve);
  const tabs = await Promise.all([1, 2, 3].map(() => open(server.url)));
  const ask = async (): Promise<string[]> => {
    const keys: string[] = [];
    for (let count = 0; count < 500; count++) keys.push(await keyOf(`operation ${count}`));
    return keys;
  };
  const [first, ...others] = await Promise.all(tabs.map((tab) => tab.evaluate(ask)));
  expect(new Set(first).size).toBe(500);
  for (const keys of others) expect(keys).toEqual(first);
});
