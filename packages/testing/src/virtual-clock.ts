import { resetBudgets } from '@kyhooks/core/budget';
import FakeTimers from '@sinonjs/fake-timers';

/** A clock that stands still until it is moved. Timers, `Date` and `performance.now()` follow it. */
export interface VirtualClock extends Disposable {
  /** Milliseconds since it was made. */
  readonly elapsedMs: number;
  /** Timers that wait. */
  readonly timers: number;
  /** Moves on, firing timers in their order, and lets everything that follows from them happen. */
  advance(ms: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  /** Moves on from timer to timer until the promise is settled; gives its value or its error. */
  finish<Value>(promise: PromiseLike<Value>): Promise<Value>;
  /** Gives the real clock back. */
  uninstall(): void;
}

/** 2026-01-01T00:00:00Z */
export const virtualEpoch: number = Date.UTC(2026, 0, 1);

/** Installs a virtual clock, and forgets what was counted by another one. Use it with `using`, or call `uninstall()`. */
export function virtualClock(): VirtualClock {
  resetBudgets();
  const realNow = performance.now.bind(performance);
  const clock = FakeTimers.install({
    now: virtualEpoch,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  const settle = async (): Promise<void> => {
    // All microtasks run before the next task does; the further turns are for what hangs on tasks of the platform's.
    for (let turn = 0; turn < turns; turn++) await nextTask();
  };
  return {
    get elapsedMs() {
      return clock.now - virtualEpoch;
    },
    get timers() {
      return clock.countTimers();
    },
    async advance(ms) {
      await settle();
      let there = false;
      setTimeout(() => (there = true), ms);
      while (!there) {
        clock.next();
        await settle();
      }
      // What was set for this very moment while it was reached.
      clock.tick(0);
      await settle();
    },
    settle,
    async finish(promise) {
      let settled = false;
      const done = (): void => void (settled = true);
      promise.then(done, done);
      await settle();
      let idleTurns = 0;
      let idleSince = 0;
      while (!settled) {
        if (clock.countTimers() > 0) {
          idleTurns = 0;
          clock.next();
        } else if (idleTurns++ === 0) {
          idleSince = realNow();
        } else if (idleTurns > 1_000 && realNow() - idleSince > patience) {
          // So long, because some platforms read a blob in another process, which a busy machine lets wait.
          throw new Error('Nothing is left that could settle the promise');
        }
        await settle();
      }
      return promise;
    },
    uninstall: () => clock.uninstall(),
    [Symbol.dispose]: () => clock.uninstall(),
  };
}

/** Real milliseconds in which nothing happens before it is said that nothing will. */
const patience = 3_000;

const turns = typeof setImmediate === 'function' ? 2 : 8;

/** A turn of the real event loop, as fast as the platform has one: nested timers wait at least 4 ms in browsers. */
async function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => void setImmediate(resolve));
  // Firefox reads bodies and computes digests in other threads: what is asked for now comes behind what was before.
  await Promise.all([new Response('.').text(), crypto.subtle?.digest('SHA-256', new Uint8Array())]);
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}
