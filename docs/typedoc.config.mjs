import { readdirSync, readFileSync } from 'node:fs';

const packages = new URL('../packages/', import.meta.url);

/** The sources of all that can be imported from the published packages. */
const entryPoints = readdirSync(packages).flatMap((name) => {
  const manifest = JSON.parse(readFileSync(new URL(`${name}/package.json`, packages), 'utf8'));
  if (manifest.private) return [];
  const sources = Object.values(manifest.exports).filter((source) => source.endsWith('.ts'));
  return sources.map((source) => `../packages/${name}/${source.slice(2)}`);
});

/** @type {Partial<import('typedoc').TypeDocOptions>} */
const options = {
  plugin: ['typedoc-plugin-markdown', './.vitepress/typedoc-names.mjs'],
  tsconfig: './tsconfig.api.json',
  entryPoints,
  out: './api',
  entryFileName: 'index',
  readme: 'none',
  name: 'API',
  hidePageHeader: true,
  disableSources: true,
  excludeInternal: true,
  treatWarningsAsErrors: true,
};

export default options;
