import type { KyInstance } from 'ky';
import { isInvoice, isUser } from '../src/right-answer.ts';
import { draftOf } from '../src/server/truth.ts';

/** How a call ended for its caller. */
export type End = 'right' | 'wrong' | 'failed';

/** Two reads for each write. */
const cycle = 3;
const pauseMs = 250;

/** Makes call after call, so many at a time, until it is stopped. */
export class Jobs {
  readonly #client: () => KyInstance;
  readonly #onEnd: (end: End) => void;
  #next = 0;
  #running: AbortController | undefined;

  constructor(client: () => KyInstance, onEnd: (end: End) => void) {
    this.#client = client;
    this.#onEnd = onEnd;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  start(atATime: number): void {
    const controller = new AbortController();
    this.#running = controller;
    for (let worker = 0; worker < atATime; worker++) void this.#work(controller.signal, worker);
  }

  /** Ends the calls that run, and starts no more. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  async #work(signal: AbortSignal, worker: number): Promise<void> {
    await sleep((worker * pauseMs) / 2);
    while (!signal.aborted) {
      const number = ++this.#next;
      const end = await callOf(this.#client(), number, signal).catch((): End => 'failed');
      if (signal.aborted) return;
      this.#onEnd(end);
      await sleep(pauseMs);
    }
  }
}

async function callOf(client: KyInstance, number: number, signal: AbortSignal): Promise<End> {
  if (number % cycle === 0) {
    const draft = draftOf(number);
    const invoice = await client.post('/invoices', { json: draft, signal }).json();
    return isInvoice(invoice, draft) ? 'right' : 'wrong';
  }
  return isUser(await client.get(`/users/${number}`, { signal }).json(), number) ? 'right' : 'wrong';
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
