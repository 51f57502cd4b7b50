import { describe, expect, test, vi } from 'vitest';
import { growth, leaks } from '../proof/soak/growth.ts';
import { run } from '../proof/soak/run.ts';
import type { Held, Sample } from '../proof/soak/sample.ts';
import { ways } from '../proof/soak/ways.ts';

// Thousands of calls in a process of their own; a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

const small = { client: 'kyhooks', calls: 2_000, samples: 4, concurrency: 16, seed: 1 } as const;

describe('some thousand calls, ended in every way', () => {
  test('leave nothing behind', async () => {
    const { samples, outcomes, ended } = await run(small);
    expect(leaks(samples)).toEqual([]);
    expect(ended).toBe(true);
    expect(Object.keys(outcomes).sort()).toEqual(Object.keys(ways).sort());
    // What is at rest was in use.
    const { listeners, timers, permits, spans } = samples[0]!.most;
    expect(Math.min(listeners, timers, permits, spans)).toBeGreaterThan(0);
  });

  test.each([
    ['heap', /^heap grew/],
    ['calls', /permits were left/],
  ])('a planted leak of %s is seen', async (plant, found) => {
    const { samples } = await run({ ...small, plant });
    expect(leaks(samples).join(', ')).toMatch(found);
  });
});

describe('what is flat', () => {
  const none = { listeners: 0, timers: 0, sockets: 0, handles: 2, permits: 0, waiting: 0, spans: 0 };
  const megabyte = 2 ** 20;
  const samples = (held: (index: number) => Partial<Held>): Sample[] =>
    Array.from({ length: 40 }, (_, index) => ({
      calls: (index + 1) * 1_000,
      rest: { heap: 20 * megabyte, outside: megabyte, ...none, ...held(index) },
      most: none,
    }));

  test('the growth is that of the middle slope, behind the warm-up', () => {
    expect(
      growth(
        samples((index) => ({ heap: index * 100 })),
        'heap',
      ),
    ).toBeCloseTo(2_900);
    expect(
      growth(
        samples((index) => ({ heap: index < 10 ? 5 : 9 })),
        'heap',
      ),
    ).toBe(0);
    expect(
      growth(
        samples((index) => ({ heap: index === 30 ? 900 * megabyte : 5 })),
        'heap',
      ),
    ).toBe(0);
  });

  test.each<[string, (index: number) => Partial<Held>, RegExp]>([
    ['nothing', () => ({}), /^$/],
    ['noise', (index) => ({ heap: (20 + (index % 3)) * megabyte }), /^$/],
    [
      '64 bytes a call',
      (index) => ({ heap: 20 * megabyte + index * 64_000 }),
      /^heap grew by 1856000 bytes$/,
    ],
    ['64 bytes a call outside', (index) => ({ outside: index * 64_000 }), /^outside grew by 1856000 bytes$/],
    ['one listener, once', (index) => ({ listeners: index === 7 ? 1 : 0 }), /^1 listeners were left$/],
    ['a handle now and then', (index) => ({ handles: 2 + Math.floor(index / 10) }), /^handles grew by \d$/],
  ])('%s', (_, held, found) => {
    expect(leaks(samples(held)).join(', ')).toMatch(found);
  });

  test('what plain ky keeps, too, is not laid at our door', () => {
    const growing = samples((index) => ({ heap: index * 64_000 }));
    expect(leaks(growing, growing)).toEqual([]);
  });
});
