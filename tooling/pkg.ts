// Packs the package in the working folder as it would be published and checks that tarball: its files, its scripts, its shape.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
}

const needed = ['LICENSE', 'README.md', 'package.json'];
const atInstall = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];

const folder = mkdtempSync(join(tmpdir(), 'kyhooks-pkg-'));
try {
  const output = execFileSync('pnpm', ['pack', '--json', '--pack-destination', folder], { encoding: 'utf8' });
  const { filename, files } = JSON.parse(output) as Packed;
  const text = execFileSync('tar', ['-xzOf', filename, 'package/package.json'], { encoding: 'utf8' });
  const { scripts = {}, exports } = JSON.parse(text) as Manifest;
  const paths = files.map(({ path }) => path);
  for (const path of needed) if (!paths.includes(path)) fail(`${path} is missing`);
  for (const path of paths) {
    const built = /^dist\/[\w./-]+\.(js|d\.ts)(\.map)?$/.test(path);
    const exported = Object.values(exports).includes(`./${path}`);
    if (!built && !exported && !needed.includes(path)) fail(`${path} does not belong there`);
  }
  for (const name of atInstall) if (name in scripts) fail(`it runs a script at ${name}`);
  if (/"(workspace|catalog):/.test(text)) fail('it names a version of the workspace');

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

function fail(what: string): void {
  console.error(`The tarball: ${what}`);
  process.exitCode = 1;
}
