// The page of `tabs.wire.ts`: `pay()` sends one payment, whose key is kept in localStorage; `keyOf()` only asks for one.
import { idempotency } from '@kyhooks/idempotency';
import { localStore } from '@kyhooks/idempotency/local-storage';
import { retry } from '@kyhooks/retry';
import ky from 'ky';

const api = ky
  .create({ baseUrl: location.href })
  .extend(idempotency({ store: localStore() }))
  .extend(retry());
const pay = (operation: string): Promise<unknown> =>
  api.post('payments', { json: { operation }, ...idempotency({ operation }) }).json();
const store = localStore({ prefix: 'keys:' });
const keyOf = async (operation: string): Promise<string> => {
  const entry = { key: crypto.randomUUID(), expires: Date.now() + 60_000 };
  return (await store.add(operation, entry)).key;
};
Object.assign(globalThis, { pay, keyOf });
