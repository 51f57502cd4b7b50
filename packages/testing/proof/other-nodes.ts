import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Part } from './part.ts';
import { npmProgram } from './runtimes/npm-program.ts';

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
      const node = npmProgram('node', version);
      const vitest = ['run', '--config', 'tooling/vitest.config.ts', '--project', 'wire'];
      const args = [`${root}node_modules/vitest/vitest.mjs`, ...vitest];
      const { status, stdout, stderr } = spawnSync(node, args, { cwd: root, encoding: 'utf8' });
      if (status !== 0) throw new Error(`Tests fail on Node ${version}:\n${stdout}${stderr}`);
      // The tests' own configuration has it written there.
      const file = `${root}node_modules/.cache/vitest.json`;
      const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(file, 'utf8')) as Report;
      proof.fact(`Node ${version}`, `${numPassedTests} of ${numTotalTests} tests over real sockets pass`);
    }
  },
};
