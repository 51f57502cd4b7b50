import { createStore } from './store.ts';
import { alive, type OperationStore, type StoredKey } from './stored-key.ts';

/** Options of `localStore()`. */
export interface LocalStoreOptions {
  /**
   * What the names of its items begin with. Stores with the same prefix are one store.
   *
   * @default 'kyhooks:idempotency:'
   */
  readonly prefix?: string;
}

/**
 * A store in the `localStorage` of a page: it outlives a reload, and tabs of one origin share it. Two tabs at once take
 * turns by the Web Locks API, so it needs a secure context.
 *
 * @example
 * ```ts
 * import { idempotency } from '@kyhooks/idempotency';
 * import { localStore } from '@kyhooks/idempotency/local-storage';
 *
 * const api = ky.extend(idempotency({ store: localStore() }));
 * ```
 */
export function localStore({ prefix = 'kyhooks:idempotency:' }: LocalStoreOptions = {}): OperationStore {
  const read = (item: string): StoredKey | undefined => {
    const text = localStorage.getItem(item);
    return text === null ? undefined : alive(JSON.parse(text) as StoredKey);
  };
  const isOver = (item: string): boolean => {
    try {
      return (JSON.parse(localStorage.getItem(item)!) as StoredKey).expires <= Date.now();
    } catch {
      return false; // damaged, so whoever asks for it shall hear of it; or not ours
    }
  };
  return createStore({
    get: (operation) => read(prefix + operation),
    add: (operation, entry) =>
      navigator.locks.request(prefix, () => {
        const known = read(prefix + operation);
        if (known) return known;
        for (const item of Object.keys(localStorage))
          if (item.startsWith(prefix) && isOver(item)) localStorage.removeItem(item);
        localStorage.setItem(prefix + operation, JSON.stringify(entry));
        return entry;
      }),
    delete: (operation) => localStorage.removeItem(prefix + operation),
  });
}
