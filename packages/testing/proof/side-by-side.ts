import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Part } from './part.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const file = `${root}node_modules/.cache/results.md`;

/** What must hold on any machine; the times and sizes beside them are told and do not fail the part. */
const mustHold = ['Right answers of the flaky job', 'False successes', 'Duplicates'];

/** The comparison with other clients that `npm run results` writes into the docs, made anew. */
export const sideBySide: Part = {
  name: 'side-by-side',
  title: 'beside other clients, against the same faults: no wrong answer, no duplicate; what it costs',
  run(proof) {
    const script = ['--expose-gc', '--max-semi-space-size=128', 'packages/testing/bench/results.ts', file];
    execFileSync(process.execPath, script, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    const goals = readFileSync(file, 'utf8')
      .split('## Goals')[1]!
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2)
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('*', '')));
    const missed: string[] = [];
    for (const [, what = '', goal, measured, met] of goals) {
      proof.fact(what, `${measured} (goal: ${goal}, ${met})`);
      if (mustHold.includes(what) && met !== 'met') missed.push(what);
    }
    if (!mustHold.every((what) => goals.some(([, name]) => name === what)))
      throw new Error('The page does not tell all that must hold');
    if (missed.length > 0) throw new Error(`Not met: ${missed.join(', ')}`);
    return Promise.resolve();
  },
};
