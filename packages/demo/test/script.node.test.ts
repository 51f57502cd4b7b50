import { describe, expect, test } from 'vitest';
import {
  type FaultName,
  faultNames,
  profileNames,
  profiles,
  stormRates,
  stormWidth,
} from '../src/server/profiles.ts';
import { inStorm, type Scene, scene } from '../src/server/script.ts';

const seed = 42;
const many = 20_000;

function scenes(profile: keyof typeof profiles, kind: 'user' | 'invoice', attempt = 1): Scene[] {
  return Array.from({ length: many }, (_, number) =>
    scene(seed, profiles[profile], { kind, number }, attempt),
  );
}

function share(of: readonly Scene[], fault: FaultName): number {
  return of.filter((one) => one.fault === fault).length / of.length;
}

describe('the script', () => {
  test('is the same each time it is asked, in any order', () => {
    const forwards = scenes('mixed', 'user');
    const backwards = Array.from({ length: many }, (_, index) => many - 1 - index)
      .map((number) => scene(seed, profiles.mixed, { kind: 'user', number }, 1))
      .toReversed();
    expect(backwards).toEqual(forwards);
  });

  test('differs by seed, kind, number and attempt', () => {
    const draw = (...[by, kind, number, attempt]: [number, 'user' | 'invoice', number, number]): number =>
      scene(by, profiles.mixed, { kind, number }, attempt).form;
    const all = [
      draw(1, 'user', 1, 1),
      draw(2, 'user', 1, 1),
      draw(1, 'invoice', 1, 1),
      draw(1, 'user', 2, 1),
    ];
    expect(new Set([...all, draw(1, 'user', 1, 2)]).size).toBe(5);
  });

  test.each(profileNames)('keeps to the rates of the profile "%s" outside of storms', (name) => {
    // Attempts behind the last of a storm are as in the calm.
    const calm = scenes(name, 'user', stormRates.length + 1);
    for (const fault of faultNames) {
      expect(share(calm, fault), fault).toBeCloseTo(profiles[name].rates[fault] ?? 0, 1.7);
    }
  });

  test('draws each attempt by itself: few resources fail five times', () => {
    const failsAll = (number: number): boolean =>
      [1, 2, 3, 4, 5].every((n) => scene(seed, profiles.mixed, { kind: 'user', number }, n).fault !== 'none');
    const failing = Array.from({ length: many }, (_, number) => number).filter(failsAll);
    expect(failing.length / many).toBeLessThan(0.02);
  });

  test('lets a storm take consecutive numbers and pass with the attempts', () => {
    const stormy = Array.from({ length: many }, (_, number) => number).filter((number) =>
      inStorm(seed, profiles.storm, { kind: 'user', number }),
    );
    expect(stormy.length / many).toBeCloseTo(profiles.storm.stormShare, 1);
    const blocks = new Map<number, number>();
    for (const number of stormy) {
      const block = Math.floor(number / stormWidth);
      blocks.set(block, (blocks.get(block) ?? 0) + 1);
    }
    expect(new Set(blocks.values())).toEqual(new Set([stormWidth]));
    const throttled = [1, 2, 3, 4].map((attempt) =>
      share(
        stormy.map((number) => scene(seed, profiles.storm, { kind: 'user', number }, attempt)),
        'throttle',
      ),
    );
    for (const [index, rate] of stormRates.entries()) expect(throttled[index]).toBeCloseTo(rate, 1);
  });

  test('processes a write before some faults and never before a 429', () => {
    const writes = [...scenes('mixed', 'invoice'), ...scenes('storm', 'invoice')];
    const processed = (fault: Scene['fault']): number => {
      const struck = writes.filter((one) => one.fault === fault);
      return struck.filter((one) => one.processed).length / struck.length;
    };
    expect(processed('throttle')).toBe(0);
    for (const fault of ['reset', 'serverError', 'hang'] as const)
      expect(processed(fault)).toBeCloseTo(0.5, 1);
    for (const fault of ['none', 'slowBody', 'truncate', 'malformed', 'drift'] as const) {
      expect(processed(fault), fault).toBe(1);
    }
  });
});
