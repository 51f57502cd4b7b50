// Takes the pictures of the report that the README and the site show: `npm run screenshots`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright';
import findChromium, { launchOptions } from '../../../tooling/chromium.ts';

const demo = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const target = (name: string): string =>
  fileURLToPath(new URL(`../../../docs/public/${name}.png`, import.meta.url));

/** What is in sight when the report is opened, on a desk and on a phone. */
const shots = [
  { name: 'report-light', width: 1160, height: 1330, colorScheme: 'light' },
  { name: 'report-dark', width: 1160, height: 1330, colorScheme: 'dark' },
  { name: 'report-phone', width: 390, height: 844, colorScheme: 'light' },
] as const;

await findChromium();
const folder = mkdtempSync(join(tmpdir(), 'kyhooks-screenshots-'));
const report = join(folder, 'report.html');
const browser = await chromium.launch(launchOptions);
try {
  const { status } = spawnSync(process.execPath, [demo, '--report', report], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The demo failed.');
  for (const { name, width, height, colorScheme } of shots) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    await page.goto(pathToFileURL(report).href);
    // On a desk with the reason for a retry, which a phone does not have in sight yet.
    if (width > 1000) await page.locator('.call [data-tip*="retry: retry"]:visible').first().focus();
    await page.screenshot({ path: target(name) });
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
