import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

test(
  'what would be published: built files, and versions in place of the workspace',
  { timeout: 60_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'acme-client-'));
    try {
      const output = execFileSync('pnpm', ['pack', '--json', '--pack-destination', folder], {
        cwd: fileURLToPath(new URL('..', import.meta.url)),
        encoding: 'utf8',
      });
      const { filename, files } = JSON.parse(output) as Packed;
      const manifest = execFileSync('tar', ['-xzOf', filename, 'package/package.json'], { encoding: 'utf8' });
      expect(manifest).not.toMatch(/workspace:|catalog:|src\//);
      expect(files.map(({ path }) => path)).toEqual(
        expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'dist/testing.js', 'dist/testing.d.ts']),
      );
      expect(files.filter(({ path }) => /src|test\//.test(path))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
