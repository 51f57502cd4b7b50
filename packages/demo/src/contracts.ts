import type { Routes } from '@kyhooks/schema';
import * as v from 'valibot';

const User = v.object({ id: v.number(), name: v.string(), email: v.string() });
const Invoice = v.object({ id: v.number(), reference: v.string(), amount: v.number() });

/** What the flaky API promises, and at times does not keep. */
export const contracts: Routes = {
  'GET /users/:id': User,
  'POST /invoices': { body: v.omit(Invoice, ['id']), 200: Invoice },
};
