import { readmeOf } from './published.ts';

/** The tables of options in a README: each option with what is shown as its default, `–` for none. */
export function optionTables(name: string): Map<string, string>[] {
  const section = /^## Options$([^]*?)^## /m.exec(readmeOf(name))?.[1] ?? '';
  const tables = section.matchAll(/^\| Option \| Type \| Unit \| Default \| Meaning \|\n.*\n((?:\|.*\n)+)/gm);
  return [...tables].map(([, rows = '']) => new Map(rows.trimEnd().split('\n').map(optionOf)));
}

function optionOf(row: string): [option: string, shown: string] {
  const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('`', ''));
  return [cells[1] ?? '', cells[4] ?? ''];
}
