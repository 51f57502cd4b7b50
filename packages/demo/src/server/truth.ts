/** A user as the API has it. */
export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
}

/** What a client sends to create an invoice. `reference` is the client's own: one reference, one invoice. */
export interface InvoiceDraft {
  readonly reference: string;
  readonly amount: number;
}

/** An invoice as the API has it. */
export interface Invoice extends InvoiceDraft {
  readonly id: number;
}

const names = ['Ada', 'Barbara', 'Edsger', 'Frances', 'Grace', 'Hedy', 'Karen', 'Leslie', 'Radia', 'Tony'];

/** The truth about a user. */
export function userOf(id: number): User {
  const name = `${names[id % names.length]} ${id}`;
  return { id, name, email: `${name.toLowerCase().replace(' ', '.')}@example.com` };
}

/** The invoice with this number, as a client would send it. */
export function draftOf(number: number): InvoiceDraft {
  return { reference: `INV-${String(number).padStart(4, '0')}`, amount: 10 + ((number * 37) % 990) };
}

/** The number in the reference of a draft. */
export function numberOf({ reference }: InvoiceDraft): number {
  return Number(reference.slice('INV-'.length));
}
