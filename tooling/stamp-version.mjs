// Writes the versions, as changesets set them, into the sources that packages report them from.
import { readFileSync, writeFileSync } from 'node:fs';

for (const name of ['core', 'otel']) {
  const folder = new URL(`../packages/${name}/`, import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  writeFileSync(new URL('src/version.ts', folder), `export const version = '${version}';\n`);
}
