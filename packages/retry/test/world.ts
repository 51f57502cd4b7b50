import { traceOf } from '@kyhooks/core';
import { type ScriptedWire, scriptedWire, type VirtualClock, virtualClock } from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { afterEach, beforeEach, vi } from 'vitest';
import { retry, type RetryOptions } from '../src/index.ts';

export interface World {
  readonly clock: VirtualClock;
  readonly wire: ScriptedWire;
}

/** A clock and a wire of its own for each test of a file. */
export function newWorlds(): World {
  let clock: VirtualClock;
  let wire: ScriptedWire;
  beforeEach(() => {
    clock = virtualClock();
    wire = scriptedWire(clock);
  });
  afterEach(() => {
    clock.uninstall();
    vi.restoreAllMocks();
  });
  return {
    get clock() {
      return clock;
    },
    get wire() {
      return wire;
    },
  };
}

/** Waits of 300, 600, 1 200 ms … */
export const plainWait: RetryOptions = { jitter: 'none' };

/** Makes the clients of a world. */
export function clientOf(world: World): (options?: RetryOptions, more?: Options) => KyInstance {
  return (options = plainWait, more = {}) =>
    ky
      .create({ baseUrl: 'https://api.test/', fetch: world.wire.fetch, timeout: false, ...more })
      .extend(retry(options));
}

/** The decisions on the record, in words. */
export function reasons(result: unknown): unknown {
  return traceOf(result)?.decisions.map(({ verdict, reason }) => `${verdict}: ${reason}`);
}
