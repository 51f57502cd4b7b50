import { getEventListeners } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';

/** What a client and its process hold. */
export interface Held {
  /** Bytes in use on the heap, and bytes of buffers outside of it. */
  readonly heap: number;
  readonly outside: number;
  /** `abort` listeners on the long-lived signal. */
  readonly listeners: number;
  /** Timers that wait, also those that do not keep the process alive. */
  readonly timers: number;
  readonly sockets: number;
  /** Whatever else keeps the process alive, timers included. */
  readonly handles: number;
  readonly permits: number;
  readonly waiting: number;
  readonly spans: number;
}

/** Things that are counted; memory is measured. */
export type Count = Exclude<keyof Held, 'heap' | 'outside'>;

/** What is held at rest, after so many calls, and the most that was counted since the sample before. */
export interface Sample {
  readonly calls: number;
  readonly rest: Held;
  readonly most: Readonly<Record<Count, number>>;
}

/** Counts, without the memory. */
export function countHeld(client: Client, timers: () => number): Readonly<Record<Count, number>> {
  const resources = process.getActiveResourcesInfo();
  const sockets = resources.filter((resource) => resource === 'TCPSocketWrap').length;
  // The turn of the event loop that this runs in is no leak.
  const others = resources.filter((resource) => !/^(?:TCPSocketWrap|Immediate)$/.test(resource));
  return {
    listeners: getEventListeners(client.signal, 'abort').length,
    timers: timers(),
    sockets,
    handles: others.length,
    permits: client.permits(),
    waiting: client.waiting(),
    spans: client.spans(),
  };
}

/** Everything, once nothing is left to collect: what is held weakly or waits for a finaliser goes in a later round. */
export async function holdAtRest(client: Client, timers: () => number): Promise<Held> {
  await client.rest();
  for (let round = 0; round < 250; round++) {
    globalThis.gc!();
    // Connections take their time to close, and the collector to tell what it has found.
    await (round < 5 ? nextTurn() : sleep(20));
    if (round >= 5 && timers() + client.spans() === 0) break;
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, outside: external, ...countHeld(client, timers) };
}
