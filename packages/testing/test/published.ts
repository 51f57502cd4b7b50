import { readdirSync, readFileSync } from 'node:fs';

const packages = new URL('../../', import.meta.url);

interface Manifest {
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, string>>;
}

/** What a package's `package.json` says. */
export function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), 'utf8')) as Manifest;
}

/** The packages that are published, by name. */
export const publishedPackages: readonly string[] = readdirSync(packages)
  .filter((name) => !manifestOf(name).private)
  .toSorted();

/** A package's README. */
export function readmeOf(name: string): string {
  return readFileSync(new URL(`${name}/README.md`, packages), 'utf8');
}
