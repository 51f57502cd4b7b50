import { randomUUID } from 'node:crypto';
import * as v from 'valibot';

/** What a contender must do: read JSON, and write JSON. */
export interface Client {
  get(url: string): Promise<unknown>;
  post(url: string, json: object): Promise<unknown>;
}

export type Fetch = typeof globalThis.fetch;

/** One way to do the job. */
export interface Contender {
  readonly name: string;
  /** Packages whose versions the page names. */
  readonly packages: readonly string[];
  /** What its user would import, as a module that re-exports it. */
  readonly imports: string;
  /** It runs in Node alone. */
  readonly nodeOnly?: boolean;
  /** As its documentation shows it, in words. */
  readonly settings: string;
  /** As its documentation shows it; over the given `fetch`, where it can take one. */
  readonly recommended: (fetch?: Fetch) => Client;
  /** It cannot send through a given `fetch`. */
  readonly ownWire?: boolean;
  /** The equal policy, as far as it can express that; absent where it has no retries. */
  readonly equal?: () => Client;
  /** Why it is not run against faults. */
  readonly noFaults?: string;
}

/** The equal policy. Durations are milliseconds, chosen for an API that answers within 25 ms or not at all. */
export const policy = {
  retries: 5,
  delay: (retry: number): number => 100 * 2 ** (retry - 1),
  statusCodes: [408, 429, 500, 502, 503, 504],
  attempt: 400,
  total: 12_000,
} as const;

export const mayRetry = (status: number): boolean => policy.statusCodes.some((code) => code === status);

const User = v.object({ id: v.number(), name: v.string(), email: v.string() });
const Invoice = v.object({ id: v.number(), reference: v.string(), amount: v.number() });

/** The check that the equal policy makes of each answer. */
export const checked = {
  get: (answer: unknown): unknown => v.parse(User, answer),
  post: (answer: unknown): unknown => v.parse(Invoice, answer),
};

/** The key that the equal policy gives each write. */
export const keyed = (): { 'idempotency-key': string } => ({ 'idempotency-key': randomUUID() });

/** A client that sends with the equal policy; its answers are checked behind it. */
export function checkedBehind(send: {
  get: (url: string) => Promise<unknown>;
  post: (url: string, json: object, headers: Readonly<Record<string, string>>) => Promise<unknown>;
}): Client {
  return {
    get: async (url) => checked.get(await send.get(url)),
    post: async (url, json) => checked.post(await send.post(url, json, keyed())),
  };
}

export class StatusError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

export const writing = (json: object, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(json),
  headers: { 'content-type': 'application/json', ...headers },
});

/** What users of a library of policies write around `fetch`. */
export async function fetchJson(fetch: Fetch, url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  if (!response.ok) throw new StatusError(response.status);
  return response.json();
}

/** A client around a function that runs a task with retries: what is checked is inside, so that a bad answer is sent for again. */
export function retried(run: (task: () => Promise<unknown>) => Promise<unknown>): Client {
  const send = (url: string, check: (answer: unknown) => unknown, init?: RequestInit): Promise<unknown> =>
    run(async () =>
      check(await fetchJson(globalThis.fetch, url, { ...init, signal: AbortSignal.timeout(policy.attempt) })),
    );
  return {
    get: (url) => send(url, checked.get),
    post: (url, json) => send(url, checked.post, writing(json, keyed())),
  };
}

/** Whether what was thrown is worth another attempt, by the equal policy. */
export const worthRetrying = (error: unknown): boolean =>
  !(error instanceof StatusError) || mayRetry(error.status);
