import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}
const published = readdirSync(`${root}packages`)
  .map((folder) => JSON.parse(read(`packages/${folder}/package.json`)) as Manifest)
  .filter((manifest) => !manifest.private);

/** Scripts that npm runs on the machine of who installs. */
const atInstall = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];

describe('what is published', () => {
  test.each(published)('$name runs nothing at its installation', ({ scripts = {} }) => {
    expect(Object.keys(scripts).filter((name) => atInstall.includes(name))).toEqual([]);
  });

  test.each(published)('$name has its dist, what it exports, and nothing else', ({ files, exports = {} }) => {
    const exported = Object.values(exports).filter((path) => !/^\.\/(src\/|package\.json)/.test(path));
    expect(files).toEqual(['dist', ...exported.map((path) => path.slice(2))]);
  });
});

test('every resolution in the lockfile is a tarball of the registry with its hash', () => {
  const resolutions = read('pnpm-lock.yaml').match(/^ {4}resolution: .*$/gm)!;
  expect(resolutions.length).toBeGreaterThan(500);
  const odd = resolutions.filter((line) => !/^ {4}resolution: \{integrity: sha512-[\w+/=]+\}$/.test(line));
  expect(odd).toEqual([]);
});

test('every action of a workflow is pinned by its commit, with the version beside it', () => {
  const folder = '.github/workflows/';
  const uses = readdirSync(root + folder).flatMap((file) => read(folder + file).match(/\buses:.*$/gm) ?? []);
  expect(uses.length).toBeGreaterThan(1);
  expect(uses.filter((line) => !/^uses: [\w-]+\/[\w-]+@[\da-f]{40} # v[\d.]+$/.test(line))).toEqual([]);
});
