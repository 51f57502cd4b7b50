import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, string>>;
}
const manifests = readdirSync(`${root}packages`)
  .map(
    (folder): Manifest =>
      JSON.parse(readFileSync(`${root}packages/${folder}/package.json`, 'utf8')) as Manifest,
  )
  .filter((manifest) => !manifest.private);
/** For Node alone, and say so: the file system, and Bottleneck's clustering. */
const nodeOnly = ['@kyhooks/idempotency/file', '@kyhooks/rate-limit/redis'];

const published = manifests.flatMap(({ name, exports }) =>
  Object.keys(exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => name + path.slice(1)),
);
const entries = published.filter((entry) => !nodeOnly.includes(entry));

test('what is for Node alone is named, and there', () => {
  expect(published).toEqual(expect.arrayContaining(nodeOnly));
});

describe('what is published runs in a browser as it is', () => {
  test.each(entries)('%s', async (entry) => {
    const { outputFiles, metafile } = await build({
      stdin: { contents: `export * from '${entry}';`, resolveDir: `${root}packages/testing` },
      bundle: true,
      platform: 'browser',
      format: 'esm',
      write: false,
      metafile: true,
      minifySyntax: true,
    });
    const code = outputFiles[0]!.text;
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))).toEqual(
      [],
    );
    expect(code).not.toMatch(/\bfrom\s*["']node:|\brequire\(|\bprocess\.|\beval\(|\bnew Function\(/);
    expect(code.length).toBeGreaterThan(100);
  });
});
