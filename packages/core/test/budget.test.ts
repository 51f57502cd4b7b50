import { type VirtualClock, virtualClock } from '@kyhooks/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Budget, budgetDefaults, budgetOf, resetBudgets } from '../src/budget.ts';
import { Call } from '../src/call.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = virtualClock();
  resetBudgets();
});
afterEach(() => {
  vi.restoreAllMocks();
  clock.uninstall();
});

const times = (count: number, action: () => unknown): unknown[] => Array.from({ length: count }, action);
const to = (url: string): Budget => budgetOf(new Call(), { url });

test('pins the defaults', () => {
  expect(budgetDefaults).toEqual({ ratio: 0.2, perSecond: 10 });
});

describe('the bucket', () => {
  test('starts with the floor of 10 s', () => {
    const budget = new Budget();
    expect(budget.balance()).toBe(100);
    expect(times(101, () => budget.withdraw())).toEqual([...times(100, () => true), false]);
    expect(budget.balance()).toBe(0);
  });

  test('takes a fifth of a resend per call: five make a whole one', () => {
    const budget = new Budget();
    const bare = { perSecond: 0 };
    times(4, () => budget.deposit());
    expect(budget.withdraw(bare)).toBe(false);
    budget.deposit();
    expect(budget.withdraw(bare)).toBe(true);
    expect(budget.withdraw(bare)).toBe(false);
    times(15, () => budget.deposit());
    expect(times(4, () => budget.withdraw(bare))).toEqual([true, true, true, false]);
  });

  test('calls and resends have their effect for 10 s', async () => {
    const budget = new Budget();
    times(50, () => budget.deposit());
    times(110, () => budget.withdraw());
    expect(budget.balance()).toBe(0);
    await clock.advance(9_999);
    expect(budget.balance()).toBe(0);
    await clock.advance(1);
    expect(budget.balance()).toBe(100);
    await clock.advance(1e6);
    expect(budget.balance()).toBe(100);
  });

  test('what was taken counts for everybody, whatever they go by', () => {
    const budget = new Budget();
    times(60, () => budget.withdraw());
    expect(budget.balance({ perSecond: 5 })).toBe(-10);
    expect(budget.withdraw({ perSecond: 5 })).toBe(false);
    expect(budget.balance({ perSecond: 6, ratio: 1 })).toBe(0);
    expect(budget.balance()).toBe(40);
  });

  test('a clock that goes back starts it anew', async () => {
    await clock.advance(60_000);
    const budget = new Budget();
    times(100, () => budget.withdraw());
    clock.uninstall();
    clock = virtualClock();
    expect(budget.balance()).toBe(100);
  });

  test('in no 10 s does it allow more than the floor and its share of the calls', () => {
    const event = fc.record({ wait: fc.nat(1_500), calls: fc.nat(30), resends: fc.nat(30) });
    const options = fc.record({
      ratio: fc.double({ min: 0, max: 2, noNaN: true }),
      perSecond: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), options, (events, { ratio, perSecond }) => {
        let now = 0;
        vi.spyOn(performance, 'now').mockImplementation(() => now);
        const budget = new Budget();
        const calls: number[] = [];
        const resends: number[] = [];
        for (const { wait, calls: made, resends: asked } of events) {
          now += wait;
          times(made, () => {
            budget.deposit();
            calls.push(now);
          });
          times(asked, () => {
            if (budget.withdraw({ ratio, perSecond })) resends.push(now);
          });
          // A slot of 1 s has its effect from 9 to 10 s.
          const since = (list: number[], span: number): number => list.filter((at) => at > now - span).length;
          expect(since(resends, 9_000)).toBeLessThanOrEqual(
            perSecond * 10 + ratio * since(calls, 10_000) + 1e-6,
          );
        }
      }),
    );
  });
});

describe('the budget of an origin', () => {
  test('is one for all calls to it, and counts each call once', () => {
    const call = new Call();
    const budget = budgetOf(call, { url: 'https://api.test/a?b=https://other.test/' });
    expect(budgetOf(call, { url: 'https://elsewhere.test/' })).toBe(budget);
    expect(budget.balance({ perSecond: 0, ratio: 1 })).toBe(1);
    expect(to('https://api.test/c')).toBe(budget);
    expect(budget.balance({ perSecond: 0, ratio: 1 })).toBe(2);
  });

  test.each(['http://api.test/', 'https://api.test:8443/', 'https://other.test/'])(
    'is another for %s',
    (url) => {
      expect(to(url)).not.toBe(to('https://api.test/'));
    },
  );

  test('stays when others come, and is the same without a path', () => {
    const budget = to('https://api.test/');
    to('https://other.test/');
    expect(to('https://api.test/')).toBe(budget);
    expect(to('https://api.test')).toBe(budget);
    resetBudgets();
    expect(to('https://api.test/')).not.toBe(budget);
  });

  test('is found by other copies of the package', async () => {
    const { budgetOf: other } = (await import('../src/budget.ts?copy')) as {
      budgetOf: typeof budgetOf;
    };
    expect(other).not.toBe(budgetOf);
    expect(other(new Call(), { url: 'https://api.test/' })).toBe(to('https://api.test/b'));
  });

  test('the number of origins is bounded', () => {
    const first = to('https://0.test/');
    for (let origin = 1; origin <= 1_000; origin++) to(`https://${origin}.test/`);
    expect(to('https://1000.test/')).toBe(to('https://1000.test/'));
    expect(to('https://0.test/')).not.toBe(first);
  });

  test('is no part of what a record shows', () => {
    const call = new Call();
    budgetOf(call, { url: 'https://api.test/' });
    expect(JSON.stringify(call)).not.toContain('budget');
  });
});
