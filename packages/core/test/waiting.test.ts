import { countListeners, virtualClock, type VirtualClock } from '@kyhooks/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linkSignal, maxTimerDelay, startTimer, unlessAborted, wait } from '../src/index.ts';

let clock: VirtualClock;
beforeEach(() => {
  clock = virtualClock();
});
afterEach(() => clock.uninstall());

describe('startTimer', () => {
  test.each([
    [-5, 0],
    [Number.POSITIVE_INFINITY, maxTimerDelay],
    [2 ** 31, maxTimerDelay],
    [10, 10],
  ])('a delay of %d fires after %d ms', async (delay, expected) => {
    let firedAt: number | undefined;
    startTimer(delay, () => (firedAt = clock.elapsedMs));
    await clock.advance(maxTimerDelay);
    expect(firedAt).toBe(expected);
  });

  test('a stopped timer does not fire, and may be stopped again', async () => {
    let fired = false;
    const stop = startTimer(10, () => (fired = true));
    stop();
    stop();
    await clock.advance(10);
    expect([fired, clock.timers]).toEqual([false, 0]);
  });
});

describe('wait', () => {
  test.each([undefined, null])('needs no signal: %s', async (signal) => {
    let over = false;
    const waiting = wait(100, signal).then(() => (over = true));
    await clock.advance(99);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(await waiting).toBe(true);
  });

  test('ends in time, and leaves no listener', async () => {
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    const waiting = wait(100, signal);
    expect(listeners.count).toBe(1);
    await clock.advance(100);
    expect(await waiting).toBeUndefined();
    expect([clock.timers, listeners.count]).toEqual([0, 0]);
  });

  test.each([new Error('mine'), 'a string', undefined])(
    'ends at once with the very reason %s',
    async (reason) => {
      const controller = new AbortController();
      const waiting = wait(100, controller.signal).catch((error: unknown) => ({ error }));
      controller.abort(reason);
      expect(await waiting).toEqual({ error: controller.signal.reason });
      expect(clock.timers).toBe(0);
    },
  );

  test('does not begin when the signal has aborted', async () => {
    await expect(wait(100, AbortSignal.abort('before'))).rejects.toBe('before');
    expect(clock.timers).toBe(0);
  });
});

describe('linkSignal', () => {
  test("follows its parent with the parent's reason", () => {
    const parent = new AbortController();
    const { signal } = linkSignal(parent.signal);
    parent.abort('mine');
    expect(signal.reason).toBe('mine');
  });

  test('aborts by itself, and leaves no listener on its parent', () => {
    const parent = new AbortController();
    const listeners = countListeners(parent.signal);
    const linked = linkSignal(parent.signal);
    expect(listeners.count).toBe(1);
    linked.abort('own');
    expect([linked.signal.reason, parent.signal.aborted, listeners.count]).toEqual(['own', false, 0]);
  });

  test('unlinked, it follows no more', () => {
    const parent = new AbortController();
    const linked = linkSignal(parent.signal);
    linked.unlink();
    parent.abort();
    expect(linked.signal.aborted).toBe(false);
  });

  test('of an aborted parent is aborted, of none it stands alone', () => {
    expect(linkSignal(AbortSignal.abort('before')).signal.reason).toBe('before');
    expect(linkSignal(null).signal.aborted).toBe(false);
  });
});

describe('unlessAborted', () => {
  test('gives what is waited for, and leaves no listener', async () => {
    const { signal } = new AbortController();
    const listeners = countListeners(signal);
    expect(await unlessAborted(Promise.resolve('done'), signal)).toBe('done');
    const failed = unlessAborted(Promise.reject(new Error('failed')), signal);
    await expect(failed).rejects.toThrow('failed');
    expect(listeners.count).toBe(0);
  });

  test.each([true, false])("ends with the signal's own reason, aborted before: %s", async (before) => {
    const controller = new AbortController();
    const listeners = countListeners(controller.signal);
    const reason = new Error('enough');
    if (before) controller.abort(reason);
    let fail!: (error: Error) => void;
    const waiting = unlessAborted(new Promise((_, reject) => (fail = reject)), controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(listeners.count).toBe(0);
    // What becomes of it later goes by nobody.
    fail(new Error('too late'));
    await clock.settle();
  });
});
