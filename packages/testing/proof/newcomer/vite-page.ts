import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import findChromium, { launchOptions } from '../../../../tooling/chromium.ts';
import { type Example, examplesOf } from '../../test/examples.ts';
import { exampleApi } from './api.ts';
import { elsewhere, says } from './documents.ts';
import { importsOf } from './imports.ts';
import { Project } from './project.ts';

/** The first example of the README as a page: built by Vite, opened in Chromium, calling its own origin. */
export async function vitePage(registryUrl: string): Promise<{ printed: number; failures: number }> {
  const example = examplesOf('README.md').find(({ info }) => info.split(' ').includes('run')) as Example;
  using project = new Project(registryUrl);
  await project.install(...importsOf(example.code), 'vite@8.3.8');
  await using api = await exampleApi(({ url = '/' }, response) => {
    const file = url === '/' ? '/index.html' : url;
    if (file === '/favicon.ico') return response.writeHead(204).end();
    response.setHeader('content-type', file.endsWith('.js') ? 'text/javascript' : 'text/html');
    return response.end(readFileSync(join(project.folder, 'dist', file)));
  });
  project.write('index.html', '<!doctype html><script type="module" src="/main.ts"></script>');
  // The page says itself when it is through.
  project.write('main.ts', `${elsewhere(example.code, api)}\nconsole.log('the end');\n`);
  await project.run('npx', 'vite', 'build');

  await findChromium();
  const browser = await chromium.launch(launchOptions);
  try {
    const page = await browser.newPage();
    const printed: string[] = [];
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      (message.type() === 'log' ? printed : errors).push(message.text());
    });
    const end = page.waitForEvent('console', (message) => message.text() === 'the end');
    await page.goto(api.url);
    await end;
    printed.pop();
    if (!says(printed.join('\n'), example.output!))
      throw new Error(`The page prints\n${printed.join('\n')}\nand the text says\n${example.output}`);
    // Chromium notes each status from 400 up in the console, whatever becomes of it.
    const failures = api.answered.filter((status) => status >= 400).length;
    const own = errors.filter((text) => !text.startsWith('Failed to load resource'));
    if (own.length > 0 || errors.length !== failures)
      throw new Error(`The console has errors, with ${failures} failed statuses:\n${errors.join('\n')}`);
    return { printed: printed.length, failures };
  } finally {
    await browser.close();
  }
}
