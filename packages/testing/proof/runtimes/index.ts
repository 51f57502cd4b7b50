import type { Part } from '../part.ts';
import { bundleSuites } from './bundle.ts';
import { differences } from './differences.ts';
import { run } from './run.ts';
import type { Report } from './report.ts';
import { firefox, type Runtime, runtimes } from './runtimes.ts';
import { type Row, showTable } from './table.ts';

/** The suites that stand on the virtual clock need no Node: one bundle of them runs in every runtime as it is. */
export const runtimesPart: Part = {
  name: 'runtimes',
  title:
    'the behaviour suites pass in Node.js 22, 24 and 26, Bun, Deno, workerd and Chromium; in Firefox with --firefox',
  async run(proof) {
    const { code, files } = await bundleSuites();
    proof.fact('suites, in one bundle', `${files} files, ${(code.length / 1e6).toFixed(1)} MB`);
    const rows: Row[] = [];
    const faults: string[] = [];
    for (const runtime of proof.firefox ? [...runtimes, firefox] : runtimes) {
      proof.progress(runtime.name);
      const { version, report } = await run(runtime, code);
      const { passed, failures } = report;
      rows.push({ runtime: runtime.name, version, passed, total: passed + failures.length });
      proof.fact(`${runtime.name} ${version}`, `${passed} of ${passed + failures.length} tests pass`);
      faults.push(...faultsOf(runtime, report));
    }
    const totals = new Set(rows.map(({ total }) => total));
    if (totals.size !== 1) faults.push(`Not every runtime has run the same tests: ${[...totals].join(', ')}`);
    if (faults.length > 0) throw new Error(faults.join('\n\n'));
    proof.fact('README.md', showTable(rows, proof.write));
  },
};

/** What failed and should not, and what should have and did not. */
function faultsOf({ name }: Runtime, { failures, differs }: Report): string[] {
  const known = differences.filter((difference) => difference.runtimes.includes(name));
  const expected = new Set(known.flatMap(({ tests }) => tests));
  const failed = new Set(failures.map(({ test }) => test));
  const of = differences.filter(({ reason }) => differs.includes(reason));
  return [
    ...failures
      .filter(({ test }) => !expected.has(test))
      .map(({ test, message }) => `${name}: ${test}\n${message}`),
    ...[...expected].filter((test) => !failed.has(test)).map((test) => `${name}: passes after all: ${test}`),
    ...known.filter((one) => !of.includes(one)).map(({ reason }) => `${name}: no longer so: ${reason}`),
    ...of.filter((one) => !known.includes(one)).map(({ reason }) => `${name}: differs as well: ${reason}`),
  ];
}
