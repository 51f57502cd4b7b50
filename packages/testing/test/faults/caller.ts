import { clearTimeout, setTimeout } from 'node:timers';
import { bounds, type Client, type Send } from './clients.ts';
import { chance } from './fault.ts';
import type { Ended } from './told.ts';
import { witness } from './witness.ts';

/** Share of the calls that their callers abort, and when at the latest. */
const abortShare = 0.06;
const latestAbortMs = 400;

/** Who makes a call. */
export interface Caller {
  readonly seed: number;
  readonly client: Client;
  readonly send: Send;
  readonly url: string;
  /** A signal that outlives all calls, for those that are not aborted. */
  readonly longLived: AbortSignal;
}

/** Makes a call; what it is, and whether it is aborted, is of the seed and its number alone. */
export async function makeCall(caller: Caller, call: number, overrun: (ms: number) => void): Promise<Ended> {
  const { seed, client, send, url, longLived } = caller;
  const random = chance(seed, call, -1);
  const method = ['GET', 'PUT', 'POST', 'POST'][Math.floor(random() * 4)]!;
  const aborts = random() < abortShare;
  const own = aborts || client.boundedByCaller ? new AbortController() : undefined;
  // A body that the caller reads himself is bounded by its silence.
  const longestMs = bounds.total + (client.readsItself ? bounds.attempt : 0);
  const endMs = aborts ? random() * latestAbortMs : longestMs;
  const reason = new Error('the caller has had enough');
  const startMs = performance.now();
  const abort = { inTime: false };
  const timer =
    own &&
    setTimeout(() => {
      // Where the process was not let run, all its time may be up by now.
      abort.inTime = performance.now() - startMs < bounds.attempt;
      own.abort(reason);
    }, endMs);
  using _ = witness(endMs, overrun);
  try {
    const value = await send(`${url}users/${call}`, {
      method,
      headers: { 'x-call': String(call) },
      signal: own?.signal ?? longLived,
      ...(method !== 'GET' && { json: { call } }),
    });
    return { method, value };
  } catch (error) {
    return { method, error, ...(abort.inTime && { abortedWith: reason }) };
  } finally {
    clearTimeout(timer);
  }
}
