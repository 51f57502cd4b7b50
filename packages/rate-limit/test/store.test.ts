import { afterEach, describe, expect, test } from 'vitest';
import { LightBottleneck } from '../src/light.ts';
import { hasKnownStore } from '../src/permits/store.ts';

const light = LightBottleneck as unknown as { version: string; prototype: object };
const { version } = light;

afterEach(() => {
  light.version = version;
  Reflect.deleteProperty(light.prototype, '_store');
});

/** Makes every Bottleneck have this store, as one that was patched or bundled anew might. */
function stub(store: unknown): void {
  Object.defineProperty(light.prototype, '_store', {
    configurable: true,
    get: () => store,
    set: () => {
      // What the constructor would put there.
    },
  });
}

describe("Bottleneck's own store is asked", () => {
  const store = { conditionsCheck: () => true, _running: 0, _done: 0, _nextRequest: 0 };

  test('where it is the one that was read', () => {
    expect(hasKnownStore()).toBe(true);
    stub(store);
    expect(hasKnownStore()).toBe(true);
  });

  test('in no other version', () => {
    light.version = '2.20.0';
    expect(hasKnownStore()).toBe(false);
  });

  test.each([
    ['is not there', undefined],
    ['cannot be asked', { ...store, conditionsCheck: undefined }],
    ['counts by another name', { ...store, _running: undefined }],
    ['counts otherwise', { ...store, _nextRequest: 0n }],
  ])('not where it %s', (_, other) => {
    stub(other);
    expect(hasKnownStore()).toBe(false);
  });
});
