import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { commit } from './commit.ts';
import { type Fault, faultOf } from './fault.ts';
import { type Truth, truth } from './truth.ts';

/** A request as the server saw it. */
export interface Received {
  readonly call: number;
  /** Its number within the call, from 1. */
  readonly number: number;
  readonly atMs: number;
  /** When it was answered whole, or its client was gone. */
  endMs?: number;
  readonly fault: Fault;
  /** What was answered, where that came whole. */
  answer?: unknown;
}

/** A real server that commits the faults of a seed, and keeps what it saw. */
export interface FaultyServer extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
  /** How often each write was carried out, by call. */
  readonly effects: ReadonlyMap<number, number>;
  /** Connections that are open. */
  connections(): Promise<number>;
}

/** Starts it on a free port. */
export async function faultyServer(seed: number): Promise<FaultyServer> {
  const received: Received[] = [];
  const effects = new Map<number, number>();
  const keys = new Map<string, Truth>();

  /** Carries a write out, once per key: what a server that honours keys does. */
  const carryOut = (request: IncomingMessage, call: number): Truth => {
    const { 'idempotency-key': key } = request.headers;
    if (request.method !== 'POST') return truth(call);
    const done = keys.get(String(key));
    if (done) return done;
    effects.set(call, (effects.get(call) ?? 0) + 1);
    if (key !== undefined) keys.set(String(key), truth(call));
    return truth(call);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = Number(request.headers['x-call']);
    const number = Number(request.headers['x-number']);
    // The platform follows redirects by itself: neither caller nor layer sends these.
    if (request.url!.startsWith('/loop')) {
      response.writeHead(307, { location: request.url! }).end();
      return;
    }
    const fault = faultOf(seed, call, number);
    const seen: Received = { call, number, atMs: performance.now(), fault };
    received.push(seen);
    const end = (): void => void (seen.endMs ??= performance.now());
    response.once('close', end);
    request.resume();
    await new Promise((resolve) => void request.once('close', resolve).once('end', resolve));
    const meant = fault.acts ? carryOut(request, call) : truth(call);
    const { socket } = response;
    Object.assign(seen, await commit(fault, meant, response));
    // All is said: that the connection closes comes later, and the client need not wait for it.
    if (response.writableEnded || socket?.writableEnded || socket?.destroyed) end();
  };

  const server = createServer((request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    void answer(request, response);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    effects,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
