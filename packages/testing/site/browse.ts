import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright';

/** Where pictures of some pages are put, to be looked at. */
export const pictures: string = fileURLToPath(new URL('../../../node_modules/.cache/site/', import.meta.url));

/** Of these a picture is taken in each width and colour. */
const pictured = ['/', '/guide/at-a-glance', '/guide/playground', '/packages/retry', '/results'];

export const widths: readonly number[] = [1440, 390];
const schemes = ['light', 'dark'] as const;

/** What is wrong with pages at one width, in light and in dark: seen by the browser, and by axe. */
export async function faultsAt(
  width: number,
  site: string,
  paths: readonly string[],
  browser: Browser,
): Promise<string[]> {
  mkdirSync(pictures, { recursive: true });
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: 'light' });
  const faults: string[] = [];
  let where = '';
  const note = (fault: string): void => void faults.push(`${where} at ${width}: ${fault}`);
  page.on('pageerror', ({ message }) => note(message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) note(`${response.status()} for ${response.url()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(site) && !/^(?:data|blob):/.test(request.url()))
      note(`asks ${request.url()}`);
  });
  for (const path of paths) {
    where = path;
    await page.goto(site + path, { waitUntil: 'networkidle' });
    for (const scheme of schemes) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.waitForFunction(
        (dark) => document.documentElement.classList.contains('dark') === dark,
        scheme === 'dark',
      );
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) note(`is ${wide} wide, ${scheme}`);
      // In the dark only the colours are others.
      const rules = scheme === 'dark' ? ['color-contrast'] : undefined;
      for (const violation of await violations(page, rules)) note(`${violation}, ${scheme}`);
      if (pictured.includes(path))
        await page.screenshot({
          path: `${pictures}${path.slice(1).replaceAll('/', '-') || 'home'}-${width}-${scheme}.png`,
        });
    }
    if (path === '/guide/at-a-glance' && width === 1440) {
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      if (tall > 900) note(`does not fit on one screen: ${tall} high`);
    }
  }
  await page.close();
  return faults;
}

async function violations(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(
    (only) => (globalThis as unknown as { axe: typeof axe }).axe.run(only ? { runOnly: only } : {}),
    rules,
  );
  return found.violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0]!.html.slice(0, 160)}`);
}

/** Types into the search of the site, and follows the first thing found. */
export async function search(site: string, words: string, browser: Browser): Promise<string> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${site}/`, { waitUntil: 'networkidle' });
  await page.keyboard.press('/');
  await page.locator('.VPLocalSearchBox input').fill(words);
  await page.locator('.VPLocalSearchBox .result').first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.VPLocalSearchBox').waitFor({ state: 'detached' });
  await page.waitForFunction((wanted) => {
    const text = document.querySelector('main')!.textContent.toLowerCase();
    return wanted.split(' ').every((word) => text.includes(word));
  }, words);
  const found = page.url().slice(site.length);
  await page.close();
  return found;
}

/** Runs the playground until so many calls were right. */
export async function play(site: string, least: number, browser: Browser): Promise<number> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${site}/guide/playground`, { waitUntil: 'networkidle' });
  await page.click('.all');
  await page.click('.run');
  const right = await page.waitForFunction((wanted) => {
    const counted = Number(/(\d+) right/.exec(document.querySelector('.counts')!.textContent)?.[1] ?? 0);
    return counted >= wanted && counted;
  }, least);
  const counted = await right.jsonValue();
  await page.close();
  return counted as number;
}
