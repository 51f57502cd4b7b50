import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** All suites that stand on the virtual clock, as one module that needs nothing of its runtime but the web's platform. */
export async function bundleSuites(): Promise<{ code: string; files: number }> {
  const files = globSync('packages/*/test/**/*.test.ts', { cwd: root })
    .filter((file) => !/\.(node|browser)\.test\.ts$|node_modules/.test(file))
    .sort();
  const { outputFiles } = await build({
    stdin: { contents: entry(files), resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    keepNames: true,
    logLevel: 'error',
    plugins: [copies, noNodeModules],
  });
  return { code: outputFiles[0]!.text, files: files.length };
}

/** Exports `report(url)`. A suite is loaded when its turn comes. */
function entry(files: readonly string[]): string {
  const suites = files.map((file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(root + file)})`);
  return `import { runSuites } from './suites.ts';
    export const report = (url) => runSuites({ ${suites.join(', ')} }, url);`;
}

/** `?copy` makes a module of its own, as in Vite. */
const copies: Plugin = {
  name: 'copies',
  setup(bundle) {
    bundle.onResolve({ filter: /\?copy$/ }, async ({ path, resolveDir, kind }) => {
      const found = await bundle.resolve(path.replace('?copy', ''), { resolveDir, kind });
      return { ...found, suffix: '?copy' };
    });
  },
};

/** The virtual clock's library asks for them where there are some. */
const noNodeModules: Plugin = {
  name: 'no-node-modules',
  setup(bundle) {
    bundle.onResolve({ filter: /^(util|timers)(\/|$)/ }, ({ path }) => ({ path, namespace: 'none' }));
    bundle.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'module.exports = {}' }));
  },
};
