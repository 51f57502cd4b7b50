import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { optionTables } from '../options-table.ts';
import { exportsOf, publishedPackages, surfaceOf } from '../published.ts';
import { atAGlance } from './at-a-glance.ts';
import { figure } from './table.ts';

const page = (): string => readFileSync(figure('guide/at-a-glance.md'), 'utf8');

/** What the page says of one package. */
function partOf(name: string): string {
  const [, part = ''] =
    new RegExp(`^## \\[${name}\\][^]*?\n([^]*?)(?=^## |^</main>)`, 'm').exec(page()) ?? [];
  return part;
}

test('the page is made of what there is', async () => {
  await expect(await atAGlance()).toMatchFileSnapshot(figure('guide/at-a-glance.md'));
});

test.each(publishedPackages)('the page misses nothing of %s', async (name) => {
  const part = partOf(name);
  const names = [...(await exportsOf(name)).values()].flatMap((exported) => Object.keys(exported));
  // The other account of them: what the types declare.
  const declared = [...surfaceOf(name).matchAll(/^export \{ (.*) \};$/gm)]
    .flatMap(([, list]) => list!.split(', '))
    .filter((exported) => !exported.startsWith('type '));
  const missing = [...names, ...declared].filter((exported) => !new RegExp(`\\b${exported}\\b`).test(part));
  expect(missing).toEqual([]);

  const codes = [...surfaceOf(name).matchAll(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g)].map(([code]) => code);
  expect(codes.filter((code) => !part.includes(`\`${code}\``))).toEqual([]);

  if (name === 'core') return; // its two options are those of `budgetDefaults`, not of a factory
  for (const [option, shown] of optionTables(name).flatMap((table) => Array.from(table)))
    expect(part).toContain(shown === '–' ? `\`${option}\`` : `\`${option}: ${shown}\``);
});
