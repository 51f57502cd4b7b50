import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { drawing } from '../situations/draw.ts';
import { fileOf } from '../situations/file.ts';
import { run } from '../situations/situation.ts';
import { situations } from '../situations/situations.ts';

const page = readFileSync(new URL('../../../docs/guide/what-happens-when.md', import.meta.url), 'utf8');

test('the page has each situation, with the client that was played', () => {
  expect(situations).toHaveLength(12);
  const included = [...page.matchAll(/@include: \.\.\/\.figures\/situations\/(.+)\.md/g)].map(
    ([, name]) => name,
  );
  expect(included).toEqual(situations.map(({ name }) => name));
  const clients = [...page.matchAll(/^<<< \.\.\/\.\.\/packages\/testing\/situations\/(.+)\.ts#client/gm)];
  expect(clients.map(([, name]) => name)).toEqual(included);
});

// Those on real sockets are in `situations.wire.ts` and `situations.redis.ts`.
test.each(situations.filter(({ on }) => on === 'virtual clock'))(
  '$name is drawn as it is played (npm run figures)',
  async (situation) => {
    const [plain, toolkit] = [await run(situation, false), await run(situation, true)];
    expect(drawing(situation, plain, toolkit)).toBe(readFileSync(fileOf(situation), 'utf8'));
  },
);
