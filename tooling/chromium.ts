// Finds a Chromium for the browser tests: CHROMIUM_PATH, else the one inside @sparticuz/chromium, else Debian's.
// Vitest calls it once, before the first browser test; the tests start Chromium through `launcher`.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));
const source = join(modules, '@sparticuz/chromium');
const cache = join(modules, '.cache');
const launcher = join(cache, 'chromium');

/** What Playwright needs to start the Chromium that was found. */
export const launchOptions: { executablePath: string; args: string[] } = {
  executablePath: launcher,
  args: [
    '--no-sandbox',
    '--no-zygote',
    '--no-first-run',
    '--disable-gpu',
    '--disable-quic',
    '--disable-sync',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-dev-shm-usage',
  ],
};

export default async function setup(): Promise<void> {
  const given = process.env['CHROMIUM_PATH'];
  const candidates = given ? [() => given] : [unpacked, () => '/usr/bin/chromium'];
  const failures: string[] = [];
  for (const candidate of candidates) {
    try {
      writeLauncher(await candidate());
      return;
    } catch (error) {
      failures.push(`  ${(error as Error).message}`);
    }
  }
  rmSync(launcher, { force: true });
  throw new Error(
    ['No Chromium works here:', ...failures, 'Type one of these:']
      .concat('  apt-get install -y chromium && npm test', '  CHROMIUM_PATH=/path/to/chromium npm test')
      .join('\n'),
  );
}

/** The Chromium of the npm package, unpacked once; the rename makes it appear whole or not at all. */
async function unpacked(): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('@sparticuz/chromium is for linux-x64 only');
  }
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const folder = join(cache, `chromium-${version}`);
  if (existsSync(folder)) return join(folder, 'chromium');

  const { inflate } = await import('@sparticuz/chromium');
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'unpack-'));
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = fresh; // where the package unpacks to
  try {
    for (const name of ['chromium.br', 'fonts.tar.br', 'al2023.tar.br'])
      await inflate(join(source, 'bin', name));
    if (!existsSync(folder)) renameSync(fresh, folder);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    rmSync(fresh, { recursive: true, force: true });
  }
  return join(folder, 'chromium');
}

/** Writes a script that starts this Chromium, with the libraries and fonts of its package where the machine has none. */
function writeLauncher(path: string): void {
  const bundled = (name: string): string => join(path, '..', name);
  const lines = ['#!/bin/sh'];
  const libraries = spawnSync('ldd', [path], { encoding: 'utf8' });
  if (libraries.stdout?.includes('not found'))
    lines.push(`export LD_LIBRARY_PATH='${bundled('al2023/lib')}'`);
  if (!existsSync('/etc/fonts')) lines.push(`export FONTCONFIG_PATH='${bundled('fonts')}'`);
  mkdirSync(cache, { recursive: true });
  writeFileSync(launcher, [...lines, `exec '${path}' "$@"`, ''].join('\n'));
  chmodSync(launcher, 0o755);

  const { status, stderr, error } = spawnSync(launcher, ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${path}: ${(error?.message ?? stderr).trim()}`);
}
