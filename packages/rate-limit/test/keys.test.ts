import { describe, expect, test } from 'vitest';
import { names, world } from './world.ts';

const key = ({ request }: { request: Request }): string => request.url;

describe('keys', () => {
  test('a thousand are remembered, the idle ones of more are forgotten', async () => {
    using at = world({ maxConcurrent: 1, key });
    for (const name of names(1_500)) void at.api.get(name);
    await at.clock.finish(at.api.get('last'));
    await at.clock.advance(2_000);
    expect(at.limits.stats().size).toBe(1_000);
    expect(at.clock.timers).toBe(0);
  });

  test('one whose window would be handed out twice is not', async () => {
    using at = world({ rate: { limit: 1, interval: 10_000 }, key });
    for (const name of names(1_500)) void at.api.get(name);
    await at.clock.advance(5_000);
    expect(at.limits.stats().size).toBe(1_500);
    await at.clock.finish(at.api.get('a0'));
    expect(at.sentAt.at(-1)).toBe(10_103);
    await at.clock.advance(1_000);
    expect(at.limits.stats().size).toBe(1_000);
  });
});
