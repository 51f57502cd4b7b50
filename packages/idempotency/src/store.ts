import type { Pass } from '@kyhooks/core';
import { keyOfOperation } from './operation.ts';
import type { IdempotencyStore, OperationStore } from './stored-key.ts';

export type { IdempotencyStore, KeepOptions, OperationStore, StoredKey } from './stored-key.ts';

/**
 * Makes a store for the option `store` of three methods of your own.
 *
 * @example
 * ```ts
 * import { createStore } from '@kyhooks/idempotency/store';
 *
 * const store = createStore({ get, add, delete: forget });
 * ```
 */
export function createStore(methods: IdempotencyStore): OperationStore {
  return {
    get: (operation) => methods.get(operation),
    add: (operation, entry) => methods.add(operation, entry),
    delete: (operation) => methods.delete(operation),
    keyOf: (operation, pass: Pass, options, fresh) =>
      keyOfOperation(methods, operation, pass, options, fresh),
  };
}
