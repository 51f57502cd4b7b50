import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Part } from './part.ts';

/** The oldest Node that is supported, and the newest; the tests themselves run on the one between. */
const versions = ['22.23.3', '26.10.0'];
const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Report {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
}

/** All tests over real sockets on other Nodes: what an error of theirs is called, and how they do HTTP/2, differs. */
export const otherNodes: Part = {
  name: 'other-nodes',
  title: 'all tests over real sockets pass on the oldest Node that is supported, and on the newest',
  async run(proof) {
    for (const version of versions) {
      const find = ['--yes', '--package', `node@${version}`, '--call', 'node -p process.execPath'];
      const node = execFileSync('npx', find, { cwd: root, encoding: 'utf8' }).trim().split('\n').at(-1)!;
      const found = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
      if (found !== `v${version}`) throw new Error(`npx gave Node ${found} in place of ${version}`);

      const vitest = ['run', '--config', 'tooling/vitest.config.ts', '--project', 'wire'];
      const args = [`${root}node_modules/vitest/vitest.mjs`, ...vitest];
      const { status, stdout, stderr } = spawnSync(node, args, { cwd: root, encoding: 'utf8' });
      if (status !== 0) throw new Error(`Tests fail on Node ${version}:\n${stdout}${stderr}`);
      // The tests' own configuration has it written there.
      const file = `${root}node_modules/.cache/vitest.json`;
      const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(file, 'utf8')) as Report;
      proof.fact(`Node ${found}`, `${numPassedTests} of ${numTotalTests} tests over real sockets pass`);
    }
  },
};
