import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { publishedPackages } from './published.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (file: string): string => readFileSync(root + file, 'utf8');
const found = (...patterns: readonly string[]): string[] => globSync(patterns, { cwd: root }).toSorted();

/** The pages of the site that are written by hand, or by `npm run figures`: not the API reference. */
const pages = found('docs/*.md', 'docs/{guide,migrate,packages,recipes}/**/*.md');
const documents = [...pages, ...found('*.md', 'packages/*/README.md')];

describe.each(pages)('%s', (page) => {
  const path = page.replace(/^docs(.*?)(?:\/index)?\.md$/, '$1');

  test('stands in the sidebar', () => {
    if (path === '') return; // the home page
    const [, name = ''] = /^\/packages\/(.*)$/.exec(path) ?? [];
    const sidebar = read('docs/.vitepress/config.ts');
    expect([`'${path}'`, `packagePage('${name}')`].some((entry) => sidebar.includes(entry))).toBe(true);
  });

  test('says in a line what it is about, for llms.txt and search engines', () => {
    const [, frontmatter = ''] = /^---\n([^]*?)^---$/m.exec(read(page)) ?? [];
    expect(frontmatter).toMatch(/^description: .{20,160}$/m);
  });
});

test.each([
  ['README.md', (name: string) => `packages/${name}/README.md`],
  ['docs/index.md', (name: string) => `./packages/${name}`],
])('%s lists all packages', (file, link) => {
  const rows = [...read(file).matchAll(/^\| \[`@kyhooks\/.*?`\]\((.*?)\)/gm)].map(([, target]) => target!);
  expect(rows.toSorted()).toEqual(publishedPackages.map(link).toSorted());
});

describe('pictures and figures', () => {
  const kept = found('docs/{public,.figures}/**/*.*');
  // What writes them: the tests of figures and migrations, the situations, and the screenshots of the demo's report.
  const written = found('packages/testing/{test/figures,test/migrate,situations}/*.ts').flatMap((file) =>
    Array.from(read(file).matchAll(/(?:figure\(['`]|\/docs\/)([^'`)]*)/g)),
  );
  const shots = [...read('packages/demo/screenshots/index.ts').matchAll(/name: '(.*?)'/g)];
  const writers = [
    ...written.map(([, name]) => name!.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '[\\w-]+')),
    ...shots.map(([, name]) => `public/${name}\\.png`),
  ].map((name) => new RegExp(`^docs/${name}$`));

  test.each(kept)('%s is shown somewhere, and a command makes it', (file) => {
    expect(documents.filter((document) => read(document).includes(basename(file)))).not.toEqual([]);
    expect(writers.filter((writer) => writer.test(file))).not.toEqual([]);
  });

  test('those that are shown exist', () => {
    const shown = documents.flatMap((document) =>
      Array.from(
        read(document).matchAll(
          /(?:\]\(|src(?:set)?="|@include: )([^)" ]+\.(?:png|svg|\.figures\/\w+\.md))/g,
        ),
      ),
    );
    const missing = shown
      .map(([, target]) => target!)
      .filter((target) => {
        return !kept.some((file) => basename(file) === basename(target));
      });
    expect(shown.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });
});
