import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';

/** Where `npm run docs` builds the site. */
export const dist: string = fileURLToPath(new URL('../../../docs/.vitepress/dist/', import.meta.url));

/** A page as it was built. */
export interface BuiltPage {
  /** As in the address bar: `/guide/concepts`, `/`. */
  readonly path: string;
  /** What a link can lead to within the page. */
  readonly anchors: ReadonlySet<string>;
  /** Where its links, pictures and scripts lead, as written. */
  readonly targets: readonly string[];
}

/** All pages of the site, the API reference included. */
export function builtPages(): BuiltPage[] {
  const files = globSync('**/*.html', { cwd: dist }).toSorted();
  if (files.length === 0) throw new Error('The site is not built; type: npm run docs');
  return files.map((file) => {
    const { document } = parseHTML(readFileSync(dist + file, 'utf8'));
    const all = (selector: string, attribute: string): string[] =>
      [...document.querySelectorAll(selector)].map((element) => element.getAttribute(attribute)!);
    return {
      path: `/${file.replace(/(?:(?:^|(?<=\/))index)?\.html$/, '')}`,
      anchors: new Set(all('[id]', 'id')),
      targets: [
        ...all('a[href], link[href]', 'href'),
        ...all('img[src], script[src], source[src]', 'src'),
        ...all('source[srcset]', 'srcset'),
      ],
    };
  });
}

/** Links and assets of the pages that lead nowhere within the site; what other sites have is not asked. */
export function deadTargets(pages: readonly BuiltPage[]): { checked: number; dead: string[] } {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  const dead: string[] = [];
  let checked = 0;
  for (const { path, targets } of pages) {
    for (const target of targets) {
      const { origin, pathname, hash } = new URL(target, `http://site${path}`);
      if (origin !== 'http://site') continue;
      checked++;
      const page = byPath.get(pathname);
      const found = page
        ? hash === '' || page.anchors.has(decodeURIComponent(hash.slice(1)))
        : existsSync(dist + decodeURIComponent(pathname.slice(1)));
      if (!found) dead.push(`${path} -> ${target}`);
    }
  }
  return { checked, dead };
}

/** What `llms.txt` links to, as files of the site. */
export function listedForMachines(): string[] {
  const text = readFileSync(`${dist}llms.txt`, 'utf8');
  return [...text.matchAll(/\]\(\/([^)]+)\)/g)].map(([, file]) => file!);
}

/** Links in `llms.txt` and the Markdown beside it that lead nowhere within the site. */
export function deadForMachines(pages: readonly BuiltPage[]): { checked: number; dead: string[] } {
  const paths = new Set(pages.map(({ path }) => path));
  const dead: string[] = [];
  let checked = 0;
  for (const file of globSync(['llms.txt', '**/*.md'], { cwd: dist })) {
    const text = readFileSync(dist + file, 'utf8').replaceAll(/^```[^]*?^```$/gm, '');
    for (const [, target] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      const { origin, pathname } = new URL(target!, `http://site/${file}`);
      if (origin !== 'http://site') continue;
      checked++;
      if (!paths.has(pathname) && !existsSync(dist + decodeURIComponent(pathname.slice(1))))
        dead.push(`${file} -> ${target}`);
    }
  }
  return { checked, dead };
}
