import { expect, test } from 'vitest';
import { situations } from '../situations/situations.ts';
import { playedAndDrawn } from './situations.ts';

test.each(situations.filter(({ on }) => on === 'redis'))('$name goes as it is drawn', async (situation) => {
  const { played, drawn } = await playedAndDrawn(situation);
  expect(played).toEqual(drawn);
});
