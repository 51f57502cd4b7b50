import { setTimeout as pause } from 'node:timers/promises';
import { onSettled } from '@kyhooks/core';
import { countListeners } from '@kyhooks/testing';
import ky, { type KyInstance, type Options } from 'ky';
import { Agent } from 'undici';
import { makeCall } from './caller.ts';
import { bounds, type Client, Held } from './clients.ts';
import { type FaultyServer, faultyServer, type Received } from './server.ts';
import { watchTimers } from './timers.ts';
import type { Ended, Told } from './told.ts';
import { witness } from './witness.ts';

/** What is seen of all calls of one client. */
export interface Run {
  readonly client: Client;
  readonly told: readonly Told[];
  readonly received: readonly Received[];
  /** How often each write was carried out, by call. */
  readonly effects: ReadonlyMap<number, number>;
  /** What is left behind when all is over: names and counts. */
  readonly left: Readonly<Record<string, number>>;
}

/** What is run. */
export interface RunOptions {
  readonly seed: number;
  /** How many calls. */
  readonly count: number;
  /** Whether the first call begins first, or the last. */
  readonly order?: 'up' | 'down';
  /** How long what calls held may take to go, in milliseconds: a window of the limiter, a connection that closes. */
  readonly graceMs?: number;
}

/** How many calls are on at a time. */
const concurrency = 40;

/** What is noted of a call while it is on. */
class Book {
  readonly records: Told['records'][number][] = [];
  readonly lateMs: number[] = [];
  readonly received: Received[] = [];
  readonly overrun = (ms: number): void => void this.lateMs.push(ms);
  /** When requests were broken off, by their numbers. */
  readonly brokenOffMs = new Map<number, number>();
  sent = 0;
  ended: Ended | undefined;
}

/** Makes calls 0 to `count` against a server with the faults of a seed. */
export async function run(client: Client, options: RunOptions): Promise<Run> {
  const { seed, count, order = 'up', graceMs = 3_000 } = options;
  await using server = await faultyServer(seed);
  using timers = watchTimers();
  const agent = new Agent({ connections: 256 });
  const held = new Held();
  const longLived = new AbortController();
  const listeners = countListeners(longLived.signal);
  const books = Array.from({ length: count }, () => new Book());

  /** The wire below all layers: numbers the requests of each call, and times each. */
  const fetch: NonNullable<Options['fetch']> = async (input, init) => {
    const request = input as Request;
    const book = books[Number(request.headers.get('x-call'))]!;
    request.headers.set('x-number', String(++book.sent));
    const { signal } = request;
    const { sent } = book;
    // The permit goes back then; its server hears of it a little later.
    signal.addEventListener('abort', () => book.brokenOffMs.set(sent, performance.now()), { once: true });
    using _ = client.boundedByCaller ? undefined : witness(bounds.attempt, book.overrun);
    return await globalThis.fetch(request, { ...init, dispatcher: agent } as RequestInit);
  };
  const bare = ky.create({
    baseUrl: server.url,
    fetch,
    timeout: bounds.attempt,
    totalTimeout: bounds.total,
    retry: { limit: 2, delay: () => 20 },
  });
  const journal = onSettled((record) => books[Number(/\d+$/.exec(record.url)?.[0])]!.records.push(record));
  const api = [...client.dress(held), journal].reduce<KyInstance>((less, layer) => less.extend(layer), bare);
  const send = client.send?.(api) ?? ((url, request) => api(url, request).json());
  const caller = { seed, client, send, url: server.url, longLived: longLived.signal };

  const numbers = [...books.keys()];
  const waiting = (order === 'up' ? numbers : numbers.toReversed()).values();
  const one = async (): Promise<void> => {
    for (const call of waiting) books[call]!.ended = await makeCall(caller, call, books[call]!.overrun);
  };
  await Promise.all(Array.from({ length: concurrency }, one));

  const heldNow = (): Record<string, number> => ({
    'permits and calls that wait': held.permits(),
    spans: held.spans,
    'abort listeners': listeners.count,
    timers: timers.open.length,
    'requests on the wire': server.received.filter(({ endMs }) => endMs === undefined).length,
  });
  await within(graceMs, () => Object.values(heldNow()).every((amount) => amount === 0));
  const left = { ...heldNow(), ...(await connectionsLeft(agent, server, graceMs)) };

  for (const received of server.received) {
    const book = books[received.call]!;
    book.received.push(received);
    received.endMs = Math.min(received.endMs ?? Infinity, book.brokenOffMs.get(received.number) ?? Infinity);
  }
  for (const { received } of books) received.sort((a, b) => a.number - b.number);
  const told = books.map(({ records, lateMs, received, sent, ended }, call): Told => {
    return Object.assign({ call, records, lateMs, received, sent }, ended!);
  });
  return { client, told, received: server.received, effects: server.effects, left };
}

/** What is still open when the client is asked to close: it waits for everything on its connections to be read. */
async function connectionsLeft(
  agent: Agent,
  server: FaultyServer,
  graceMs: number,
): Promise<Record<string, number>> {
  const closed = await Promise.race([agent.close().then(() => true), pause(graceMs, false)]);
  await within(graceMs, async () => (await server.connections()) === 0);
  const sockets = await server.connections();
  await agent.destroy();
  return { 'connections in use': closed ? 0 : 1, sockets };
}

async function within(graceMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + graceMs;
  while (!(await holds()) && performance.now() < endMs) await pause(20);
}
