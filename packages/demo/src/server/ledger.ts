import type { Invoice, InvoiceDraft } from './truth.ts';

/** What the server received and did. */
export interface ServerStats {
  readonly requests: number;
  readonly byMethod: Readonly<Record<string, number>>;
  /** By what was served: a status, with the fault where the status does not tell it. */
  readonly served: Readonly<Record<string, number>>;
  /** The same for first attempts only: equal for all clients that meet the same script. */
  readonly servedFirst: Readonly<Record<string, number>>;
  /** Invoices stored for each reference. */
  readonly stored: Readonly<Record<string, number>>;
  /** Invoices stored beyond the first of their reference. */
  readonly duplicateWrites: number;
  /** Copies of a write that were known by their idempotency key, and not carried out again. */
  readonly copiesKnown: number;
}

/** Counts since the last reset. */
export class Ledger {
  #attempts = new Map<string, number>();
  #byMethod = new Map<string, number>();
  #served = new Map<string, number>();
  #servedFirst = new Map<string, number>();
  #stored = new Map<string, number>();
  #byKey = new Map<string, Invoice>();
  #requests = 0;
  #invoices = 0;
  #copiesKnown = 0;

  /** Notes a request; returns which attempt at its resource it is, from 1. */
  receives(method: string, resource: string): number {
    this.#requests++;
    add(this.#byMethod, method);
    return add(this.#attempts, resource);
  }

  serves(what: string, attempt: number): void {
    add(this.#served, what);
    if (attempt === 1) add(this.#servedFirst, what);
  }

  /** The invoice that was stored with this idempotency key. */
  knows(key: string | undefined): Invoice | undefined {
    return key === undefined ? undefined : this.#byKey.get(key);
  }

  /** Stores an invoice, whether or not its reference is known already; a copy with a known key is that of the first. */
  stores(draft: InvoiceDraft, key?: string): Invoice {
    const known = this.knows(key);
    if (known) {
      this.#copiesKnown++;
      return known;
    }
    add(this.#stored, draft.reference);
    const invoice = { id: ++this.#invoices, ...draft };
    if (key !== undefined) this.#byKey.set(key, invoice);
    return invoice;
  }

  stats(): ServerStats {
    const counts = [...this.#stored.values()];
    return {
      requests: this.#requests,
      byMethod: Object.fromEntries(this.#byMethod),
      served: Object.fromEntries(this.#served),
      servedFirst: Object.fromEntries(this.#servedFirst),
      stored: Object.fromEntries(this.#stored),
      duplicateWrites: counts.reduce((sum, count) => sum + count - 1, 0),
      copiesKnown: this.#copiesKnown,
    };
  }

  reset(): void {
    this.#requests = this.#invoices = this.#copiesKnown = 0;
    this.#byKey.clear();
    for (const counts of [this.#attempts, this.#byMethod, this.#served, this.#servedFirst, this.#stored]) {
      counts.clear();
    }
  }
}

function add(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}
