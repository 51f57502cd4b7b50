// Packs the package in the working folder as it would be published and checks that tarball's shape.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'kyhooks-pkg-'));
try {
  const output = execFileSync('pnpm', ['pack', '--json', '--pack-destination', folder], { encoding: 'utf8' });
  const { filename } = JSON.parse(output) as { filename: string };
  const checks = [
    ['publint', 'run', filename, '--strict'],
    ['attw', filename, '--profile', 'esm-only'],
  ] as const;
  for (const [command, ...args] of checks) {
    const { status } = spawnSync(command, args, { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
