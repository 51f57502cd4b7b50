import { readFileSync, writeFileSync } from 'node:fs';
import { differences } from './differences.ts';

export interface Row {
  readonly runtime: string;
  readonly version: string;
  readonly passed: number;
  readonly total: number;
}

const readme = new URL('../../../../README.md', import.meta.url);
const marks = /(<!-- runtimes -->\n)[^]*(<!-- \/runtimes -->)/;

/** Puts the table into the root README, or says whether it is there. */
export function showTable(rows: readonly Row[], write: boolean): string {
  const number = (count: number): string => count.toLocaleString('en');
  const lines = rows.map(({ runtime, version, passed, total }) => {
    const differ = differences
      .filter(({ runtimes }) => runtimes.includes(runtime))
      .map(({ reason }) => reason);
    const why = differ.length > 0 ? `: ${differ.join('; ')}` : '';
    return `| ${runtime} | ${version} | ${number(passed)} of ${number(total)}${why} |`;
  });
  const before = readFileSync(readme, 'utf8');
  // Who has no Firefox keeps what it passed of the same tests.
  const known = /^\| Firefox \|.* of ([\d,]+).*\|$/m.exec(before);
  const isRun = rows.some(({ runtime }) => runtime === 'Firefox');
  if (known?.[1] === number(rows[0]!.total) && !isRun) lines.push(known[0]);
  const table = ['| Runtime | Version | Tests passed |', '|---|---|---|', ...lines, ''].join('\n');
  if (!marks.test(before)) throw new Error('README.md has no place for the table of runtimes');
  const after = before.replace(marks, `$1${table}$2`);
  if (after === before) return 'shows this table';
  if (!write) return 'shows another table; write this one by: npm run proof -- --part runtimes --write';
  writeFileSync(readme, after);
  return 'has the table anew';
}
