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
}

/** Counts since the last reset. */
export class Ledger {
  #attempts = new Map<string, number>();
  #byMethod = new Map<string, number>();
  #served = new Map<string, number>();
  #servedFirst = new Map<string, number>();
  #stored = new Map<string, number>();
  #requests = 0;
  #invoices = 0;

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

  /** Stores an invoice, whether or not its reference is known already. */
  stores(draft: InvoiceDraft): Invoice {
    add(this.#stored, draft.reference);
    return { id: ++this.#invoices, ...draft };
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
    };
  }

  reset(): void {
    this.#requests = this.#invoices = 0;
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
