import { type Invoice, type InvoiceDraft, type User, userOf } from './server/truth.ts';

/** Whether an answer is the user that was asked for: its shape and its content. */
export function isUser(answer: unknown, id: number): boolean {
  const { name, email } = userOf(id);
  return isObject<User>(answer) && answer.id === id && answer.name === name && answer.email === email;
}

/** Whether an answer is the invoice that was to be created. */
export function isInvoice(answer: unknown, { reference, amount }: InvoiceDraft): boolean {
  return (
    isObject<Invoice>(answer) &&
    Number.isInteger(answer.id) &&
    answer.reference === reference &&
    answer.amount === amount
  );
}

function isObject<Shape>(value: unknown): value is Record<keyof Shape, unknown> {
  return typeof value === 'object' && value !== null;
}
