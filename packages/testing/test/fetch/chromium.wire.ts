import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page as Tab } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import findChromium, { launchOptions } from '../../../../tooling/chromium.ts';
import type { RealServer } from '../real-server.ts';
import { cases, helped, inputForms, matrix, methods, rotations, settings } from './cases.ts';
import type { Page } from './page.ts';
import { witness } from './witness.ts';

declare const page: Page;

const lines: unknown[] = [];
let server: RealServer;
let browser: Browser;
let tab: Tab;

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    write: false,
  });
  server = await witness(lines, {
    '/page': '<!doctype html><title>page</title><script src=/page.js></script>',
    '/page.js': outputFiles[0]!.text,
    '/favicon.ico': '',
  });
  await findChromium();
  browser = await chromium.launch(launchOptions);
  tab = await browser.newPage();
  await tab.goto(`${server.url}page`);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

/** A browser says of all that fails on the way that it failed to fetch, so `retry()` helps there, too. */
const helpedInPages = new Set([
  ...helped,
  'a redirect refused',
  'integrity that does not',
  'an unknown scheme',
]);
/** What Chromium says depends on what it comes upon first: Node's server hangs up on the method. */
const eitherWay: ReadonlySet<string> = new Set(['a gzip body that is no gzip', 'a lower-case patch']);

/** What the page saw, and what the server did: once, as Chromium itself sends again on a connection that it had used. */
async function seen<T>(ask: () => Promise<T>): Promise<unknown> {
  await tab.context().clearCookies();
  lines.length = 0;
  const found = await ask();
  return [found, new Set(lines.splice(0).map(inSmallLetters))];
}

/** Chromium writes `Content-Type` of its own, and `content-type` of a Headers. */
function inSmallLetters(line: unknown): string {
  return JSON.stringify(line).replace('"Content-Type"', '"content-type"');
}

describe.each(Object.keys(settings))("as the page's own fetch does, with %s", (by) => {
  const neutral = !by.startsWith('the defaults');
  const told = Object.keys(cases).filter(
    (name) => !eitherWay.has(name) && (neutral || !helpedInPages.has(name)),
  );

  test.each(told)('%s', async (name) => {
    const run = (how: string) =>
      seen(() => tab.evaluate(([way, which]) => page.one(way!, which!), [how, name]));
    expect(await run(by)).toEqual(await run('platform'));
  });

  test.each(inputForms)('each method, body and form of headers, by %s', async (form) => {
    for (const method of methods) {
      const cells = [...matrix(form, method)].length;
      for (let index = 0; index < cells; index++) {
        const run = (how: string) =>
          seen(() =>
            tab.evaluate(([way, ...where]) => page.cell(way, ...where), [how, form, method, index] as const),
          );
        expect(await run(by)).toEqual(await run('platform'));
      }
    }
  });

  test.each(neutral ? rotations.filter((_, index) => index % 3 === 0) : [])(
    'order of settling, begun by %s',
    async (...begun) => {
      const run = (how: string) =>
        tab.evaluate(([way, names]) => page.order(way, names), [how, begun] as const);
      expect(await run(by)).toEqual(await run('platform'));
    },
  );

  test('a stream goes up as far as the browser lets it', async () => {
    const run = (how: string) => seen(() => tab.evaluate((way) => page.upload(way), how));
    expect(await run(by)).toEqual(await run('platform'));
  });
});
