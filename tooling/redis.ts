// Finds a redis-server for the tests: REDIS_SERVER, else the one on PATH, else Debian's, unpacked without installing it.
// Vitest calls it once, before the first test with Redis; the tests start as many servers as they need through `launcher`.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../node_modules/.cache', import.meta.url));
/** The server of redis-tools with the libraries that it needs beyond glibc. */
const packages = 'redis-tools libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson libatomic1';

/** A command that starts the Redis that was found; its arguments are those of redis-server. */
export const launcher: string = join(cache, 'redis-server');

export default function setup(): void {
  const given = process.env['REDIS_SERVER'];
  const candidates = given ? [() => given] : [() => 'redis-server', unpacked];
  const failures: string[] = [];
  for (const candidate of candidates) {
    try {
      writeLauncher(candidate());
      return;
    } catch (error) {
      failures.push(`  ${(error as Error).message}`);
    }
  }
  rmSync(launcher, { force: true });
  throw new Error(
    ['No redis-server works here:', ...failures, 'Type one of these:']
      .concat('  apt-get install -y redis-server && npm test', '  brew install redis && npm test')
      .concat('  REDIS_SERVER=/path/to/redis-server npm test')
      .join('\n'),
  );
}

/** Debian's Redis, unpacked once; the rename makes it appear whole or not at all. Needs no root. */
function unpacked(): string {
  const folder = join(cache, 'redis');
  const server = join(folder, 'usr/bin/redis-server');
  if (existsSync(server)) return server;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'unpack-'));
  try {
    must(`apt-get download ${packages}`, fresh);
    for (const file of readdirSync(fresh).filter((name) => name.endsWith('.deb')))
      must(`dpkg-deb -x './${file}' .`, fresh);
    // One binary is all of them; its name decides.
    symlinkSync('redis-check-rdb', join(fresh, 'usr/bin/redis-server'));
    if (!existsSync(folder)) renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return server;
}

function must(command: string, cwd: string): void {
  const { status, stderr, error } = spawnSync(command, { cwd, shell: true, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${(error?.message ?? stderr).trim()}`);
}

function writeLauncher(path: string): void {
  const lines = ['#!/bin/sh'];
  const libraries = join(path, '../../lib', `${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`);
  if (path.startsWith(cache)) lines.push(`export LD_LIBRARY_PATH='${libraries}'`);
  mkdirSync(cache, { recursive: true });
  writeFileSync(launcher, [...lines, `exec '${path}' "$@"`, ''].join('\n'));
  chmodSync(launcher, 0o755);
  const { status, stdout, stderr, error } = spawnSync(launcher, ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${path}: ${(error?.message ?? stderr).trim()}`);
  if (!/v=(?:[7-9]|\d\d)\./.test(stdout)) throw new Error(`${path} is older than Redis 7`);
}
