import { auth } from '@kyhooks/auth';
import { compose, onSettled } from '@kyhooks/core';
import { idempotency } from '@kyhooks/idempotency';
import { log } from '@kyhooks/log';
import { otel } from '@kyhooks/otel';
import { rateLimit } from '@kyhooks/rate-limit';
import { constant, retry } from '@kyhooks/retry';
import { schema } from '@kyhooks/schema';
import { timeout } from '@kyhooks/timeout';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import ky, { type KyInstance, type Options } from 'ky';
import * as v from 'valibot';

export type ClientName = 'kyhooks' | 'ky';

/** A client under soak, with what it holds at this moment. */
export interface Client {
  readonly api: KyInstance;
  readonly baseUrl: string;
  /** A signal as a long-lived program has one; it is never fired. */
  readonly signal: AbortSignal;
  /** Plain ky may lose an abort behind its headers, when garbage is collected meanwhile; the call then never ends. */
  readonly losesAborts: boolean;
  /** The fragments of a call, where the client takes any: plain ky goes without. */
  readonly layers: (make: () => Options) => Options;
  /** A limit of one call at a time, and one that lets nobody wait. */
  readonly narrow: Options;
  readonly full: Options;
  /** Weight of the permits that are out, and calls that wait for one. */
  readonly permits: () => number;
  readonly waiting: () => number;
  /** Spans that have begun and not ended. */
  readonly spans: () => number;
  /** Has the connections closed that are kept for later. */
  readonly rest: () => Promise<unknown>;
}

const common: Options = { retry: { limit: 2, delay: () => 1 }, timeout: 60_000 };
const empty = {
  layers: () => ({}),
  narrow: {},
  full: {},
  permits: () => 0,
  waiting: () => 0,
  spans: () => 0,
};

/** The client with every layer, or plain ky in the same setting. */
export function clientOf(name: ClientName, baseUrl: string, fetch?: Options['fetch']): Client {
  const api = ky.create({ ...common, baseUrl, ...(fetch && { fetch }) });
  const { signal } = new AbortController();
  const rest = async (): Promise<unknown> => (fetch ? undefined : globalThis.fetch(`${baseUrl}rest`));
  const plain = { ...empty, api, baseUrl, signal, rest, losesAborts: true };
  return name === 'ky' ? plain : dressed(plain);
}

function dressed({ api, baseUrl, signal, rest }: Client): Client {
  let spans = 0;
  const tracerProvider = new TracerProvider({
    spanProcessors: [
      {
        onStart: () => void spans++,
        onEnd: () => void spans--,
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  });
  const limits = rateLimit({
    maxConcurrent: 200,
    rate: { limit: 1_000_000, interval: 1_000 },
    // A pause that the server asks for is for those who asked there.
    key: ({ request }) => (request.url.endsWith('/paused') ? 'paused' : 'all'),
  });
  const narrow = rateLimit({ id: 'narrow', maxConcurrent: 1 });
  const full = rateLimit({ id: 'full', maxConcurrent: 1, queue: { limit: 0 } });
  const limiters = [limits, narrow, full];
  const sum = (what: 'running' | 'waiting'): number => {
    let total = 0;
    for (const limiter of limiters) for (const stats of limiter.stats().values()) total += stats[what];
    return total;
  };
  const user = v.object({ id: v.number() });
  const layers = compose(
    limits,
    retry({ limit: 2, backoff: constant(1), jitter: 'none' }),
    timeout({ attempt: 60_000, total: 120_000, body: { idle: 60_000 } }),
    idempotency(),
    auth({ token: () => 'new', refresh: () => 'new' }),
    otel({ tracerProvider, meterProvider: new MeterProvider(), callSpan: true }),
    log({ logger: () => undefined, attempts: true, requestId: true }),
    schema({ 'GET /users/:id': user, 'POST /users/:id': { body: user } }, { maxBytes: 2 ** 20 }),
    onSettled(() => undefined),
  );
  return {
    api: api.extend(layers),
    baseUrl,
    signal,
    rest,
    losesAborts: false,
    layers: (make) => make(),
    narrow,
    full,
    permits: () => sum('running'),
    waiting: () => sum('waiting'),
    spans: () => spans,
  };
}
