import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string>>;
}

/**
 * Every entry of every package, by its file here. Stryker works on a copy of the repository; the links in the copy's
 * node_modules would lead to the packages of the original, in which nothing is mutated.
 */
function entries(): { find: RegExp; replacement: string }[] {
  return readdirSync(`${root}packages`).flatMap((folder) => {
    const manifest = readFileSync(`${root}packages/${folder}/package.json`, 'utf8');
    const { name, exports = {} } = JSON.parse(manifest) as Manifest;
    return Object.entries(exports).map(([entry, file]) => ({
      find: new RegExp(`^${name}${entry.slice(1)}$`),
      replacement: `${root}packages/${folder}/${file.slice(2)}`,
    }));
  });
}

const config: ViteUserConfig = defineConfig({
  root,
  cacheDir: 'node_modules/.cache/vite-mutation',
  resolve: { alias: entries() },
  test: {
    include: process.env['MUTATION_TESTS']!.split(','),
    // No mutant is active in a process of its own; a test of memory takes seconds; what the last finds out stays so.
    exclude: ['**/*.browser.test.ts', '**/{exit,memory,unknown-version}.node.test.ts'],
    // One worker for all files of a run, five times as fast. Each mutant has a run of its own.
    isolate: false,
    // The copy lies in node_modules. What Stryker adds to each file must not be taken for a library, and loaded once.
    server: { deps: { inline: [/stryker-setup/] } },
  },
});

export default config;
