import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../test/examples.ts';

/** The packages that an example imports. */
export function importsOf(code: string): string[] {
  const specifiers = [...code.matchAll(/(?:from|import) '([^'.][^']*)'/g)].map(([, specifier]) => specifier!);
  const names = specifiers
    .filter((specifier) => !specifier.startsWith('node:'))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
  return [...new Set(names)];
}

/** A package at the version that the repository has; those of the repository itself have one. */
export function pinned(name: string): string {
  if (name.startsWith('@kyhooks/')) return name;
  const [file] = globSync(`{.,packages/*}/node_modules/${name}/package.json`, { cwd: root });
  if (!file) throw new Error(`An example imports ${name}, which the repository does not have`);
  return `${name}@${(JSON.parse(readFileSync(join(root, file), 'utf8')) as { version: string }).version}`;
}
