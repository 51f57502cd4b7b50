// Checks who may import whom, and that the checker has seen the sources at all: without TypeScript 6 beside it
// dependency-cruiser finds no module and calls that a success.
import { spawnSync } from 'node:child_process';

const command = ['--config', 'tooling/dependency-cruiser.mjs', '--output-type', 'json', 'packages'];
const { stdout, stderr, status } = spawnSync('depcruise', command, { encoding: 'utf8', maxBuffer: 2 ** 28 });
if (stdout === '') {
  console.error(stderr);
  process.exit(status || 1);
}

interface Report {
  summary: {
    totalCruised: number;
    violations: { rule: { name: string; severity: string }; from: string; to: string }[];
  };
  modules: { source: string }[];
}
const { modules, summary } = JSON.parse(stdout) as Report;
const sources = modules.filter(({ source }) => /^packages\/[^/]+\/src\/.+\.ts$/.test(source));
for (const { rule, from, to } of summary.violations) console.error(`${rule.name}: ${from} -> ${to}`);
console.log(
  `${sources.length} sources of ${summary.totalCruised} modules, ${summary.violations.length} violations`,
);
if (sources.length === 0) console.error('no-modules: no source was seen');
process.exitCode = sources.length === 0 || summary.violations.length > 0 ? 1 : 0;
