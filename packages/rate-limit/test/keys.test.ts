import { outcome } from '@kyhooks/testing';
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

  test('one that the server has paused is not, nor one for which calls wait', async () => {
    const replies = [{ status: 429, headers: { 'retry-after': '60' } }, { hang: true }, { json: {} }];
    using at = world({ maxConcurrent: 1, key }, { replies });
    await at.clock.finish(outcome(at.api.get('paused')));
    void outcome(at.api.get('held'));
    void outcome(at.api.get('held'));
    await at.clock.settle();
    for (const name of names(1_100)) void at.api.get(name);
    await at.clock.advance(2_000);
    const known = at.limits.stats();
    expect(known.size).toBe(1_000);
    expect(known.get('https://api.test/paused')).toMatchObject({ pausedUntilMs: expect.any(Number) });
    expect(known.get('https://api.test/held')).toEqual({ running: 1, waiting: 1 });
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
