import type { Options } from 'ky';
import { networkError, seeded } from '@kyhooks/testing';

/** What a flaky server does, as shares of all requests. */
export const shares = { busy: 0.3, limited: 0.1, reset: 0.05, hangs: 0.05, malformed: 0.05 } as const;

/** The share of calls that can succeed at all within so many requests. */
export function ceiling(requests: number): number {
  const failing = Object.values(shares).reduce((sum, share) => sum + share, 0);
  return 1 - failing ** requests;
}

/** The flaky server and its books. */
export interface FlakyServer {
  readonly fetch: NonNullable<Options['fetch']>;
  readonly requests: number;
  /** How often each thing was done that must be done once at most. */
  readonly done: ReadonlyMap<string, number>;
}

/**
 * A server whose failures are drawn from a seed: the n-th request for a thing meets the same fate in every run. What is
 * written is done before the connection breaks, hangs or garbles the answer, and every other time behind a 503.
 */
export function flakyServer(seed: number): FlakyServer {
  const fates = new Map<string, () => number>();
  const done = new Map<string, number>();
  let requests = 0;
  return {
    done,
    get requests() {
      return requests;
    },
    async fetch(input) {
      const { method, url, signal } = input as Request;
      requests++;
      const name = new URL(url).pathname.slice(1);
      if (!fates.has(name)) fates.set(name, seeded(seed + Number(name)));
      const draw = fates.get(name)!;
      const fate = fateOf(draw());
      if (method === 'POST' && fate !== 'limited' && (fate !== 'busy' || draw() < 0.5))
        done.set(name, (done.get(name) ?? 0) + 1);
      return answer(fate, name, signal);
    },
  };
}

type Fate = keyof typeof shares | 'fine';

function fateOf(draw: number): Fate {
  let below = 0;
  for (const [fate, share] of Object.entries(shares)) if (draw < (below += share)) return fate as Fate;
  return 'fine';
}

async function answer(fate: Fate, name: string, signal: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  await new Promise((resolve) => void setTimeout(resolve, 5));
  switch (fate) {
    case 'busy':
      return new Response('{}', { status: 503, headers });
    case 'limited':
      return new Response('{}', { status: 429, headers: { ...headers, 'retry-after': '0' } });
    case 'reset':
      throw networkError('ECONNRESET');
    case 'hangs':
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    case 'malformed':
      return new Response(JSON.stringify(truth(name)).slice(0, -4), { headers });
    case 'fine':
      return new Response(JSON.stringify(truth(name)), { headers });
  }
}

/** The one right answer. */
export function truth(name: string): object {
  return { id: Number(name), square: Number(name) ** 2 };
}
