import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import findChromium, { launchOptions } from '../../../tooling/chromium.ts';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const started: ChildProcess[] = [];
let browser: Browser;

beforeAll(async () => {
  await findChromium();
  browser = await chromium.launch(launchOptions);
});
afterAll(async () => {
  await browser?.close();
  for (const child of started) child.kill('SIGKILL');
});

interface Served {
  readonly url: string;
  readonly child: ChildProcess;
}

/** Runs `npm run demo -- --browser`, and reads off where its page is. */
async function serve(): Promise<Served> {
  const child = spawn(process.execPath, [file('../src/main.ts'), '--browser'], {
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  let stdout = '';
  for await (const text of child.stdout.iterator({ destroyOnReturn: false })) {
    stdout += text;
    const [, url] = /The page is at (\S+)/.exec(stdout) ?? [];
    if (url) return { url, child };
  }
  throw new Error(`The demo ended: ${stdout}`);
}

/** A page with the playground, and what went wrong in it beside the faults that are asked for. */
async function open(url: string): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => {
    // Chromium itself notes each failed request.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      errors.push(message.text());
  });
  await page.goto(url);
  await page.locator('.run').waitFor();
  return { page, errors };
}

const box = (page: Page, name: string) => page.locator(`input[name="${name}"]`);

async function faults(page: Page, ...names: readonly string[]): Promise<void> {
  for (const input of await page.locator('.faults input').all())
    await input.setChecked(names.includes((await input.getAttribute('name'))!));
}

/** Waits until one of the counts is at least so much. */
async function count(page: Page, what: string, least: number): Promise<void> {
  await expect
    .poll(
      async () => Number(new RegExp(`(\\d+) ${what}`).exec((await page.textContent('.counts'))!)?.[1] ?? 0),
      {
        timeout: 15_000,
      },
    )
    .toBeGreaterThanOrEqual(least);
}

/** What an automated checker of accessibility finds wrong. */
async function faultsForAxe(page: Page): Promise<unknown[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.map(({ id, nodes }) => [id, nodes[0]!.html]);
}

const ends = (page: Page): Promise<string[]> => page.locator('.timeline .end').allTextContents();

describe('the drawn report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kyhooks-report-'));
  const report = join(folder, 'report.html');
  beforeAll(async () => {
    const args = ['--users', '20', '--invoices', '10', '--faults', 'drop', '--json', '--report', report];
    const child = spawn(process.execPath, [file('../src/main.ts'), ...args], { stdio: 'ignore' });
    started.push(child);
    await once(child, 'exit');
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([
    [1440, 'light', 'rgb(246, 247, 249)'],
    [390, 'dark', 'rgb(16, 20, 27)'],
  ] as const)(
    'fits %i pixels, %s; tells why to pointer and keyboard, and asks nobody',
    async (width, scheme, ground) => {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
      const errors: string[] = [];
      const asked: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      page.on('console', (message) => errors.push(message.text()));
      page.on('request', (request) => asked.push(request.url()));
      const url = pathToFileURL(report).href;
      await page.goto(url);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(ground);

      const why = page.locator('.call [data-tip*="retry: retry after"]:visible').first();
      const tip = page.getByRole('tooltip');
      expect(await tip.isVisible()).toBe(false);
      await why.focus();
      expect(await tip.textContent()).toContain('retry: retry after');
      await page.keyboard.press('Escape');
      expect(await tip.isVisible()).toBe(false);
      // A scroll, such as the one to what has the focus, does not bring it back.
      await page.evaluate(
        () =>
          new Promise((done) => {
            addEventListener('scroll', () => requestAnimationFrame(() => done(undefined)), { once: true });
            scrollBy(0, 1);
          }),
      );
      expect(await tip.isVisible()).toBe(false);
      await why.hover();
      expect(await tip.textContent()).toBe(await why.getAttribute('aria-label'));
      const { x, width: wide } = (await tip.boundingBox())!;
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + wide).toBeLessThanOrEqual(width);
      expect(await faultsForAxe(page)).toEqual([]);
      expect(asked).toEqual([url]);
      expect(errors).toEqual([]);
      await page.close();
    },
  );
});

describe('the page of npm run demo -- --browser', () => {
  test(
    'calls the API on another origin; each switch does what it says; Ctrl-C ends it',
    { timeout: 60_000 },
    async () => {
      const { url, child } = await serve();
      const { page, errors } = await open(url);
      expect(new URL(new URL(url).searchParams.get('api')!).origin).not.toBe(new URL(url).origin);

      // Plain ky, no faults: a read needs no preflight, an invoice does for its JSON.
      await faults(page);
      await page.click('.run');
      await count(page, 'right', 6);
      await count(page, 'preflights', 1);
      expect(await page.textContent('.counts')).toMatch(/0 wrong.*0 failed/);

      // What plain ky takes for right, schema() does not.
      await faults(page, 'drift');
      await count(page, 'wrong', 1);
      await box(page, 'schema').check();
      await count(page, 'failed', 1);

      // An attempt is made again, and the record of the call says why.
      await faults(page);
      await page.click('.all');
      await faults(page, 'serverError', 'reset');
      await expect
        .poll(async () => (await ends(page)).some((end) => /^200 ×[2-9]/.test(end)), { timeout: 15_000 })
        .toBe(true);
      await page.click('.run'); // the calls stand still
      await page
        .locator('.timeline li', { hasText: /200 ×[2-9]/ })
        .first()
        .focus();
      await expect.poll(() => page.textContent('.detail')).toMatch(/↳ retry: retry(?: after \d+ ms)?, /);
      await page.click('.run');

      // A pause stops the queue.
      await faults(page, 'throttle');
      await expect.poll(() => page.textContent('.timeline'), { timeout: 15_000 }).toContain('queued');
      expect(errors).toEqual([]);
      await page.close();

      child.kill('SIGINT');
      const [code] = await once(child, 'exit');
      expect(code).toBe(0);
    },
  );
});

describe('the same page without a server', () => {
  const base = '/somewhere/below/';
  let site: Server;
  let url: string;
  const asked: string[] = [];

  beforeAll(async () => {
    const { output } = (await build({
      root: file('../browser'),
      base,
      configFile: false,
      logLevel: 'warn',
      build: { write: false },
    })) as Rolldown.RolldownOutput;
    site = createServer((request, response) => {
      asked.push(request.url!);
      const name = new URL(request.url!, 'http://site').pathname.slice(base.length) || 'index.html';
      const found = output.find(({ fileName }) => fileName === name);
      if (!found || !request.url!.startsWith(base)) return response.writeHead(404).end();
      const type = { html: 'text/html', js: 'text/javascript', css: 'text/css' }[name.split('.').at(-1)!];
      return response
        .setHeader('content-type', type!)
        .end(found.type === 'chunk' ? found.code : found.source);
    });
    await new Promise<void>((resolve) => void site.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(site.address() as AddressInfo).port}${base}`;
  }, 60_000);
  afterAll(() => {
    site?.closeAllConnections();
    site?.close();
  });

  test('meets every fault, and recovers with the hooks', { timeout: 60_000 }, async () => {
    const { page, errors } = await open(url);
    await page.click('.all');
    await page.click('.run');
    for (const name of ['throttle', 'serverError', 'reset', 'slowBody', 'truncate', 'malformed'])
      await box(page, name).check();
    await box(page, 'drift').uncheck();
    await count(page, 'right', 6);
    expect(await page.textContent('.counts')).toMatch(/0 wrong, taken for right.* 0 duplicate invoices/);
    await page.click('.run');
    expect(await page.textContent('.run')).toBe('Start');
    expect(await faultsForAxe(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });

  test('asks nobody but the site', () => {
    expect(asked.length).toBeGreaterThan(1);
    expect(asked.filter((path) => !path.startsWith(base))).toEqual([]);
  });
});
