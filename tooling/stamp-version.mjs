// Writes the version of core, as changesets set it, into the source that the package reports it from.
import { readFileSync, writeFileSync } from 'node:fs';

const core = new URL('../packages/core/', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', core), 'utf8'));
writeFileSync(new URL('src/version.ts', core), `export const version = '${version}';\n`);
