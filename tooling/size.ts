// Measures what each package costs a bundle: minified by esbuild, brotli. The limits are in package.json.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

interface Entry {
  name: string;
  passed: boolean;
  size: number;
  sizeLimit: number;
}

const { stdout, stderr, status } = spawnSync('size-limit', ['--json'], { encoding: 'utf8' });
const json = stripVTControlCharacters(stdout);
if (!json.trimStart().startsWith('[')) {
  console.error(stdout, stderr);
  process.exit(status || 1);
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(2)} kB`;
const entries = JSON.parse(json) as Entry[];
const rows = [
  ['entry', 'brotli', 'limit', ''],
  ...entries.map(({ name, size, sizeLimit, passed }) => [
    name,
    kilobytes(size),
    kilobytes(sizeLimit),
    passed ? 'ok' : 'too big',
  ]),
];
const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
for (const [name = '', size = '', limit = '', verdict = ''] of rows) {
  const cells = [
    name.padEnd(widths[0] ?? 0),
    size.padStart(widths[1] ?? 0),
    limit.padStart(widths[2] ?? 0),
    verdict,
  ];
  console.log(cells.join('  ').trimEnd());
}
process.exitCode = status ?? 1;

// The READMEs show the same figures: the root's in a row for each package, a package's own between its marks.
const write = process.argv.includes('--write');
const inTable = new Set<string>();
for (const { name, size } of entries) {
  const [folder = ''] = name.split(' ');
  // Of several entries of a package the first stands in the table.
  if (!inTable.has(folder))
    showSize('README.md', new RegExp(`(\\[\`@kyhooks/${folder}\`\\].*\\| )[\\d.]+ kB`), size);
  inTable.add(folder);
  showSize(`packages/${folder}/README.md`, new RegExp(`(<!-- size ${name} -->)[^<]*`), size);
}

function showSize(file: string, figure: RegExp, size: number): void {
  const path = new URL(`../${file}`, import.meta.url);
  const text = readFileSync(path, 'utf8');
  if (!figure.test(text)) throw new Error(`${file} shows no size for ${figure}`);
  const updated = text.replace(figure, `$1${kilobytes(size)}`);
  if (updated === text) return;
  if (write) {
    writeFileSync(path, updated);
    return;
  }
  console.log(`${file} shows another size; write this one by: npm run size -- --write`);
  process.exitCode = 1;
}
