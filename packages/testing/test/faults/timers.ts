/** Timers that layers, or ky, have set. */
export interface WatchedTimers extends Disposable {
  /** Where each one that still waits was set. */
  readonly open: readonly string[];
}

type Timers = Pick<typeof globalThis, 'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval'>;

/** Counts what is set by the global `setTimeout` and `setInterval` from now on; the platform's own timers apart. */
export function watchTimers(): WatchedTimers {
  const real: Timers = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
  };
  const open = new Map<unknown, string>();
  const set =
    (name: 'setTimeout' | 'setInterval') =>
    (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): unknown => {
      const timer: unknown = real[name](
        (...given: unknown[]) => {
          if (name === 'setTimeout') open.delete(timer);
          callback(...given);
        },
        ms,
        ...args,
      );
      const from = new Error('set here').stack!;
      if (!/[/:]undici[/:]/.test(from)) open.set(timer, from);
      return timer;
    };
  const clear =
    (name: 'clearTimeout' | 'clearInterval') =>
    (timer: never): void => {
      open.delete(timer);
      real[name](timer);
    };
  Object.assign(globalThis, {
    setTimeout: set('setTimeout'),
    setInterval: set('setInterval'),
    clearTimeout: clear('clearTimeout'),
    clearInterval: clear('clearInterval'),
  });
  return {
    get open() {
      return [...open.values()];
    },
    [Symbol.dispose]: () => void Object.assign(globalThis, real),
  };
}
