import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { draw } from '../waterfall/draw.ts';
import { tracedCall } from '../waterfall/traced-call.ts';

test('the guide shows the waterfall as real spans give it: npm run waterfall -- --write', async () => {
  const guide = readFileSync(new URL('../../../docs/guide/observability.md', import.meta.url), 'utf8');
  const [, shown] = /^```text waterfall\n([^]*?)\n```$/m.exec(guide) ?? [];
  expect(shown).toBe(draw(await tracedCall()));
});
