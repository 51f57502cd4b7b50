// Sends one payment, whose key is kept in a file. `crash.wire.ts` starts it, kills it, and starts it again.
import { idempotency } from '@kyhooks/idempotency';
import { file } from '@kyhooks/idempotency/file';
import { retry } from '@kyhooks/retry';
import ky from 'ky';

const [url = '', path = ''] = process.argv.slice(2);
const api = ky
  .create({ baseUrl: url })
  .extend(idempotency({ store: file(path) }))
  .extend(retry());
const answer = await api
  .post('payments', { json: { amount: 5 }, ...idempotency({ operation: 'payment-1' }) })
  .json();
console.log(JSON.stringify(answer));
