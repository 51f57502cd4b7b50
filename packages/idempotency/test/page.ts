// The page of `tabs.wire.ts`: `pay()` sends one payment, whose key is kept in localStorage.
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
Object.assign(globalThis, { pay });
