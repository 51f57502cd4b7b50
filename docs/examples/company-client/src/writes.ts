import { compose } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import type { Options } from 'ky';

/** For calls that change something: `createClient(settings).extend(writes)`. */
export const writes: Options = compose(
  idempotency({ methods: ['POST', 'PUT', 'PATCH', 'DELETE'] }),
  // No method makes a resend safe by itself: a key does, or an answer that says that nothing was done.
  retry({ limit: 1, methods: [], budget: { ratio: 0.05, perSecond: 1 } }),
  timeout({ attempt: 2_000, total: 5_000 }),
);
