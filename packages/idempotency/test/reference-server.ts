import { networkError } from '@kyhooks/testing';

/** Which rules the server keeps: the IETF draft's, or those that Stripe documents for its API v1. */
export type Rules = 'ietf' | 'stripe';

/**
 * What becomes of an attempt on its way.
 *
 * - `none`: it arrives, and so does its answer
 * - `before`, `refused`: it never arrives; the connection breaks, or a proxy answers 503
 * - `during`: the connection breaks while the server works, and it goes on working
 * - `after`, `hang`, `gateway`: the answer is lost; the connection breaks, nothing comes, or a proxy answers 504
 */
export type Loss = 'none' | 'before' | 'refused' | 'during' | 'after' | 'hang' | 'gateway';

export const losses: readonly Loss[] = ['before', 'refused', 'during', 'after', 'hang', 'gateway'];

interface Known {
  readonly fingerprint: string;
  readonly since: number;
  /** Absent while the first request is still at work. */
  answer?: { readonly status: number; readonly body: string };
}

/** How long a key is kept: Stripe prunes after 24 hours at the earliest. */
const keptMs = 86_400_000;

/** A server that honours idempotency keys, on the clock that is installed, and counts what it has really done. */
export class ReferenceServer {
  /** Effects by payload. */
  readonly effects: Map<string, number> = new Map();
  /** Requests that reached it. */
  received = 0;
  readonly #rules: Rules;
  readonly #nextLoss: () => Loss;
  readonly #workMs: () => number;
  readonly #fails: () => boolean;
  readonly #keys = new Map<string, Known>();

  constructor(rules: Rules, nextLoss: () => Loss, workMs: () => number, fails: () => boolean = () => false) {
    this.#rules = rules;
    this.#nextLoss = nextLoss;
    this.#workMs = workMs;
    this.#fails = fails;
  }

  /** The way there and back. */
  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = input as Request;
    const signal = init?.signal ?? request.signal;
    const loss = this.#nextLoss();
    const body = await request.text();
    await pause(5);
    if (loss === 'before') throw networkError('ECONNRESET');
    if (loss === 'refused') return new Response(null, { status: 503 });
    const answer = this.receive(
      request.headers.get('idempotency-key'),
      `${request.method} ${request.url} ${body}`,
      body,
    );
    if (loss === 'during') {
      await pause(5);
      throw networkError('ECONNRESET');
    }
    const response = await answer;
    if (loss === 'after') throw networkError('ECONNRESET');
    if (loss === 'gateway') return new Response(null, { status: 504 });
    if (loss === 'hang')
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    return response;
  };

  /** A request that has arrived. */
  async receive(header: string | null, fingerprint: string, body: string): Promise<Response> {
    this.received++;
    const key = this.#read(header);
    if (key === undefined && this.#rules === 'ietf') return problem(400, 'Idempotency-Key is missing');
    if (key === undefined) return this.#do(body).then(respond);
    const known = this.#keys.get(key);
    if (known && Date.now() - known.since < keptMs) {
      if (known.fingerprint !== fingerprint) return this.#mismatch();
      if (!known.answer) return this.#inProgress();
      return respond(known.answer, { 'idempotent-replayed': 'true' });
    }
    const entry: Known = { fingerprint, since: Date.now() };
    this.#keys.set(key, entry);
    entry.answer = await this.#do(body);
    return respond(entry.answer);
  }

  /** The draft wants a quoted string; Stripe takes what stands there, up to 255 characters. */
  #read(header: string | null): string | undefined {
    if (header === null) return undefined;
    if (this.#rules === 'stripe') return header.length <= 255 ? header : undefined;
    return /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)?.[1];
  }

  #mismatch(): Response {
    return this.#rules === 'ietf'
      ? problem(422, 'Idempotency-Key is already used')
      : Response.json({ error: { type: 'idempotency_error' } }, { status: 400 });
  }

  #inProgress(): Response {
    return this.#rules === 'ietf'
      ? problem(409, 'A request is outstanding for this Idempotency-Key')
      : Response.json({ error: { code: 'idempotency_key_in_use' } }, { status: 409 });
  }

  /** Does it, which takes a while; a failure is an answer like any other, and is kept like any other. */
  async #do(body: string): Promise<NonNullable<Known['answer']>> {
    const fails = this.#fails();
    await pause(this.#workMs());
    if (fails) return { status: 500, body: '{}' };
    this.effects.set(body, (this.effects.get(body) ?? 0) + 1);
    return { status: 201, body: JSON.stringify({ done: body }) };
  }
}

function respond(
  { status, body }: NonNullable<Known['answer']>,
  headers: Record<string, string> = {},
): Response {
  return new Response(body, { status, headers: { 'content-type': 'application/json', ...headers } });
}

function problem(status: number, title: string): Response {
  return new Response(JSON.stringify({ type: 'https://developer.example.com/idempotency', title }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
