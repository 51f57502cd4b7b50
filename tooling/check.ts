// Runs every static check, all of them even where one fails, and says at the end which did.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const turbo = (task: string): string => `turbo run ${task} --output-logs=errors-only`;

const steps: readonly (readonly [name: string, command: string])[] = [
  ['build', turbo('build')],
  ['types', turbo('typecheck')],
  ['types in a browser', 'tsc -p tooling/tsconfig.browser.json'],
  ['types of tooling', 'tsc -p .'],
  ['lint', 'oxlint --type-aware --deny-warnings'],
  ['format', 'oxfmt --check'],
  ['layers', 'node tooling/layers.ts'],
  ['unused code', 'knip --config tooling/knip.json'],
  ['package shape', turbo('pkg')],
  ['public surface', 'node tooling/api.ts'],
];

const failed: string[] = [];
for (const [name, command] of steps) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, { cwd: root, shell: true, encoding: 'utf8' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'failed'}  ${name} (${seconds} s)`);
  if (status === 0) continue;
  failed.push(name);
  console.log(`$ ${command}\n${stdout}${stderr}`);
}

const result = { passed: steps.length - failed.length, failed: failed.length };
mkdirSync(`${root}/node_modules/.cache`, { recursive: true });
writeFileSync(`${root}/node_modules/.cache/check.json`, JSON.stringify(result));
console.log(failed.length === 0 ? `All ${steps.length} checks are ok.` : `Failed: ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
