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

/** The public surface of a package, as `npm run api` keeps it. */
export function surfaceOf(name: string): string {
  return readFileSync(new URL(`${name}/api.txt`, packages), 'utf8');
}

/** What can be imported from each entry of a package, at run time; the main entry is `''`. */
export async function exportsOf(name: string): Promise<Map<string, Record<string, unknown>>> {
  const sources = Object.entries(manifestOf(name).exports).filter(([, source]) => source.endsWith('.ts'));
  const entries = sources.map(async ([path, source]): Promise<[string, Record<string, unknown>]> => {
    const exported = (await import(new URL(`${name}/${source}`, packages).href)) as Record<string, unknown>;
    return [path.slice(1), exported];
  });
  return new Map(await Promise.all(entries));
}
