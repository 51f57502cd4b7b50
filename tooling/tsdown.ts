import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type UserConfig } from 'tsdown';

const { exports }: { exports: Record<string, string> } = JSON.parse(
  readFileSync(join(process.cwd(), 'package.json'), 'utf8'),
);

/** One build for every package; its entries are the sources that the package's `exports` name. */
const config: UserConfig = defineConfig({
  entry: Object.values(exports).filter((path) => path.endsWith('.ts')),
  format: 'esm',
  platform: 'neutral',
  target: 'es2023',
  dts: { generator: 'oxc', sourcemap: true },
  sourcemap: true,
  clean: true,
  // One module each: a bundler can drop what is not imported, whatever it makes of the annotations inside.
  unbundle: true,
  fixedExtension: false,
});

export default config;
