/** A table in Markdown; what follows from the tests carries no hand-made text. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

/** Where the figures of the site are kept. They are written anew by `npm run figures`; without it the tests compare. */
export function figure(name: string): string {
  return new URL(`../../../../docs/${name}`, import.meta.url).pathname;
}
