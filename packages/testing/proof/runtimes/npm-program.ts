import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The program of this name from its npm package, at exactly this version; npx keeps it in its cache. */
export function npmProgram(name: string, version: string): string {
  const find = ['--yes', '--package', `${name}@${version}`, '--call', `command -v ${name}`];
  const program = execFileSync('npx', find, { cwd: root, encoding: 'utf8' }).trim().split('\n').at(-1)!;
  const said = execFileSync(program, ['--version'], { encoding: 'utf8' });
  // workerd 1.20261117.1 calls itself 2026-11-17.
  const wanted = name === 'workerd' ? version.replace(/^1\.(....)(..)(..).*$/, '$1-$2-$3') : version;
  if (!said.split(/\s|^v/m).includes(wanted))
    throw new Error(`npx gave ${said} in place of ${name} ${version}`);
  return program;
}
