import { afterAll, beforeAll, expect, test } from 'vitest';
import { LightBottleneck } from '../src/light.ts';
import { LocalPermits } from '../src/permits/local.ts';
import { hasKnownStore } from '../src/permits/store.ts';
import { localPermits } from '../src/permits/local-or-jobs.ts';
import { getAll, names, world } from './world.ts';

// Of this file alone: whether the store is known is found out once.
const light = LightBottleneck as unknown as { version: string };
const { version } = light;
beforeAll(() => void (light.version = '2.20.0'));
afterAll(() => void (light.version = version));

const hooks = { ready: () => undefined, refused: () => undefined };

test('a Bottleneck of another version is asked by jobs, not by its store', () => {
  expect(hasKnownStore()).toBe(false);
  expect(localPermits({ maxConcurrent: 1, windows: [] }, hooks)).not.toBeInstanceOf(LocalPermits);
});

test('the limits hold all the same', async () => {
  using at = world({ maxConcurrent: 2, rate: { limit: 3, interval: 1_000 } });
  const results = await at.clock.finish(getAll(at.api, names(7)));
  expect(results).toEqual(names(7).map(() => '{}'));
  expect(at.paths).toEqual(names(7));
  for (const from of at.sentAt)
    expect(at.sentAt.filter((ms) => ms >= from && ms < from + 1_000).length).toBeLessThanOrEqual(3);
  expect(at.sentAt.at(-1)).toBeGreaterThan(2_000);
});
