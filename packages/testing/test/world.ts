import ky, { type KyInstance, type Options } from 'ky';
import { lineOf, type ScriptedWire, scriptedWire, virtualClock } from '@kyhooks/testing';
import type { CallRecord } from '@kyhooks/core';
import { comparable, Ledger } from './layers.ts';
import type { Script } from './scripts.ts';

/** Everything a script did that anybody could see. */
export interface Trail {
  readonly requests: readonly string[];
  readonly told: unknown;
  readonly endMs: number;
  /** What is left when all is over. */
  readonly left: {
    readonly timers: number;
    readonly permits: number;
    readonly waiting: number;
    readonly spans: number;
    readonly unread: number;
  };
  /** Records of the calls that were reported as over. */
  readonly settled: unknown;
  /** What was logged. */
  readonly logged: unknown;
}

/** Plays a script through a client that `dress` puts the layers on. */
export async function play(
  script: Script,
  dress: (bare: KyInstance, ledger: Ledger) => KyInstance,
): Promise<Trail> {
  using clock = virtualClock();
  const wire = scriptedWire(clock, { replies: script.replies });
  const ledger = new Ledger();
  const options: Options = { fetch: wire.fetch, ...script.options };
  const api = dress(ky.create(options), ledger);
  const told = await clock.finish(script.play(api));
  const endMs = clock.elapsedMs;
  await clock.settle();
  return {
    requests: requestsOf(wire),
    told: JSON.parse(
      JSON.stringify(told, (key, value) => (key === 'record' ? comparable(value as CallRecord) : value)),
    ),
    endMs,
    left: {
      timers: clock.timers,
      permits: ledger.permits,
      waiting: ledger.waiting,
      spans: ledger.spans,
      unread: wire.bodies.filter((state) => state === 'unread').length,
    },
    settled: ledger.settled.map(comparable),
    logged: JSON.parse(
      JSON.stringify(ledger.logged, (key, value) => (key === 'kyhooks.call.id' ? undefined : value)),
    ),
  };
}

function requestsOf({ exchanges }: ScriptedWire): string[] {
  return exchanges.map(({ request, init, atMs }) => {
    const headers = [
      'authorization',
      'idempotency-key',
      'x-request-id',
      'x-key',
      'x-signed',
      'x-wire',
      'x-user',
    ].map((name) => request.headers.get(name));
    return `+${atMs} ${lineOf(request)} ${JSON.stringify(headers)} ${JSON.stringify(init)}`;
  });
}
