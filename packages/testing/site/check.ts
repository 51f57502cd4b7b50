import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import findChromium, { launchOptions } from '../../../tooling/chromium.ts';
import type { Proof } from '../proof/part.ts';
import { faultsAt, pictures, play, search, widths } from './browse.ts';
import { type BuiltPage, builtPages, deadForMachines, deadTargets, listedForMachines } from './built.ts';
import { serveSite } from './serve.ts';

/** Reads the built site and opens it in a real browser; throws with all that is wrong. */
export async function checkSite({ fact, progress }: Pick<Proof, 'fact' | 'progress'>): Promise<void> {
  const pages = builtPages();
  const { checked, dead } = deadTargets(pages);
  fact('links, anchors and assets within the site', `${checked}, ${dead.length} lead nowhere`);
  const machines = deadForMachines(pages);
  fact('links for machines', `${machines.checked}, ${machines.dead.length} lead nowhere`);
  const missing = missingForMachines();
  fact('pages in llms.txt', `${listedForMachines().length}, ${missing.length} missing`);

  await findChromium();
  const browser = await chromium.launch(launchOptions);
  await using site = await serveSite();
  const faults = [...dead, ...machines.dead, ...missing];
  try {
    const paths = pathsToOpen(pages);
    progress(`opens ${paths.length} pages, ${widths.join(' and ')} wide, light and dark`);
    const seen = await Promise.all(widths.map((width) => faultsAt(width, site.url, paths, browser)));
    faults.push(...seen.flat());
    fact('pages opened', `${paths.length}, ${seen.flat().length} faults`);
    fact('search for "retry budget"', `leads to ${await search(site.url, 'retry budget', browser)}`);
    fact('playground', `${await play(site.url, 6, browser)} calls right`);
  } finally {
    await browser.close();
  }
  progress(`pictures are in ${pictures}`);
  if (faults.length > 0) throw new Error(`${faults.length} faults:\n${faults.join('\n')}`);
}

/** Every page written by hand; of the API reference, which a tool writes, one of each kind. */
function pathsToOpen(pages: readonly BuiltPage[]): string[] {
  const kinds = new Map<string, string>();
  const byHand: string[] = [];
  for (const { path } of pages) {
    if (path === '/404') continue;
    if (path.startsWith('/api/')) kinds.set(path.split('/').at(-2)!.replace(/^@.*/, 'package'), path);
    else byHand.push(path);
  }
  return [...byHand, ...kinds.values()];
}

/** Sources of pages that `llms.txt` does not list. */
function missingForMachines(): string[] {
  const listed = listedForMachines();
  const docs = fileURLToPath(new URL('../../../docs/', import.meta.url));
  const sources = globSync('{*,{guide,migrate,packages,recipes}/**/*}.md', { cwd: docs });
  return sources
    .filter((source) => source !== 'index.md' && !listed.includes(source))
    .map((source) => `llms.txt does not list ${source}`);
}
