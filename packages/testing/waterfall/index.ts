import { readFileSync, writeFileSync } from 'node:fs';
import { draw } from './draw.ts';
import { tracedCall } from './traced-call.ts';

// Prints the waterfall of the guide, made anew from real spans; with `--write` puts it into the guide.
const drawing = draw(await tracedCall());
console.log(drawing);
if (process.argv.includes('--write')) {
  const guide = new URL('../../../docs/guide/observability.md', import.meta.url);
  const text = readFileSync(guide, 'utf8');
  writeFileSync(
    guide,
    text.replace(/(?<=^```text waterfall\n)[^]*?(?=\n```$)/m, () => drawing),
  );
}
