// Keeps the public surface of each published package as text, so that a change of it shows in a diff: what the
// entries of the package export, and every declaration they lead to, without comments.
// `npm run api` compares with packages/*/api.txt, and writes them after `-- --write`.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Manifest {
  readonly private?: boolean;
  readonly publishConfig?: {
    readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  };
}

const packages = fileURLToPath(new URL('../packages/', import.meta.url));
const write = process.argv.includes('--write');

for (const name of readdirSync(packages)) {
  const folder = join(packages, name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  if (manifest.private || !manifest.publishConfig) continue;
  const text = surface(folder, manifest.publishConfig.exports);
  const file = join(folder, 'api.txt');
  if (write) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`The public surface of ${name} has changed; write it by: npm run api -- --write`);
    process.exitCode = 1;
  }
}

function surface(folder: string, entries: NonNullable<Manifest['publishConfig']>['exports']): string {
  const parts: string[] = [];
  const open: string[] = [];
  for (const [path, target] of Object.entries(entries)) {
    if (typeof target === 'string') continue;
    parts.push(`${path} is ${target.types}`);
    open.push(join(folder, target.types));
  }
  const seen = new Set<string>();
  for (let file = open.shift(); file !== undefined; file = open.shift()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const source = readFileSync(file, 'utf8');
    for (const [, path] of source.matchAll(/from ["'](\.[^"']+)\.js["']/g))
      open.push(`${join(dirname(file), path!)}.d.ts`);
  }
  for (const file of [...seen].toSorted())
    parts.push(`\n// ${file.slice(folder.length + 1)}\n${withoutComments(readFileSync(file, 'utf8'))}`);
  return `${parts.join('\n')}\n`;
}

function withoutComments(source: string): string {
  return source
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n{2,}/g, '\n')
    .trim();
}
