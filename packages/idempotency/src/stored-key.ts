import type { Pass } from '@kyhooks/core';

/** The key of an operation, as it is stored. */
export interface StoredKey {
  readonly key: string;
  /** Of method, URL and body, so that the operation is not used for another payload; absent where none could be made. */
  readonly digest?: string;
  /** Until when the operation has this key, in milliseconds since the epoch. */
  readonly expires: number;
}

/**
 * Remembers which key an operation has. Whoever shares the store shares the keys: tabs, processes, restarts.
 *
 * An entry that has expired counts as absent. Failures are thrown or rejected with, never swallowed: what is answered is
 * really stored.
 */
export interface IdempotencyStore {
  /** The entry of the operation; `undefined` where there is none. */
  get(operation: string): StoredKey | undefined | Promise<StoredKey | undefined>;
  /**
   * Stores the entry unless the operation has one, in one step that nobody else comes between; gives the entry that the
   * operation has now.
   */
  add(operation: string, entry: StoredKey): StoredKey | Promise<StoredKey>;
  /** Forgets the operation: what is sent under its name next is a new intent, with a key of its own. */
  delete(operation: string): void | Promise<void>;
}

/** A store as the layer takes it: made by `createStore()`, and by the stores of this package. */
export interface OperationStore extends IdempotencyStore {
  /** The key of an operation: the one that it has, else a fresh one, which it has from now on. */
  keyOf(operation: string, pass: Pass, options: KeepOptions, fresh: () => Promise<string>): Promise<string>;
}

/** How the keys of operations are kept. */
export interface KeepOptions {
  /** How long an operation keeps its key, in milliseconds. */
  readonly ttl: number;
  /** What happens to a call when the store fails. */
  readonly onStoreError: 'refuse' | 'proceed';
}

/** The entry, unless it has expired. */
export function alive(entry: StoredKey | undefined): StoredKey | undefined {
  return entry && entry.expires > Date.now() ? entry : undefined;
}
