import { createStore } from './store.ts';
import { alive, type OperationStore, type StoredKey } from './stored-key.ts';

/**
 * A store in memory: it catches a double click, and ends with the page or the process.
 *
 * @example
 * ```ts
 * import { idempotency } from '@kyhooks/idempotency';
 * import { memory } from '@kyhooks/idempotency/memory';
 *
 * const api = ky.extend(idempotency({ store: memory() }));
 * ```
 */
export function memory(): OperationStore {
  const entries = new Map<string, StoredKey>();
  const get = (operation: string): StoredKey | undefined => alive(entries.get(operation));
  return createStore({
    get,
    add(operation, entry) {
      for (const [name, known] of entries) if (!alive(known)) entries.delete(name);
      const known = get(operation) ?? entry;
      entries.set(operation, known);
      return known;
    },
    delete: (operation) => void entries.delete(operation),
  });
}
