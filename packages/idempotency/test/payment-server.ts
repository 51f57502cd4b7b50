import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ReferenceServer } from './reference-server.ts';

/** A real server that honours keys, and counts its effects. */
export interface PaymentServer extends AsyncDisposable {
  readonly url: string;
  /** The keys that came, in their order. */
  readonly keys: readonly string[];
  readonly effects: number;
  /** Resolves when so many requests have been received. */
  received(count: number): Promise<void>;
  /** Lets what has been carried out be answered; until then nothing is. */
  answer(): void;
}

/**
 * Starts it. It carries out `POST /payments` at once, and answers when told to; everything else is `serve`'s.
 *
 * @param workMs how long carrying out takes, in milliseconds
 */
export async function paymentServer(
  serve: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end(),
  workMs = 0,
): Promise<PaymentServer> {
  const reference = new ReferenceServer(
    'stripe',
    () => 'none',
    () => workMs,
  );
  const keys: string[] = [];
  const waiting: (() => void)[] = [];
  let answer: () => void;
  const answering = new Promise<void>((resolve) => void (answer = resolve));
  const pay = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    const key = request.headers['idempotency-key'] as string;
    const carriedOut = reference.receive(key, body, body);
    keys.push(key);
    for (const look of waiting) look();
    const { status, headers } = await carriedOut.then(async (done) => {
      await answering;
      return done;
    });
    response.writeHead(status, Object.fromEntries(headers)).end(await (await carriedOut).text());
  };
  const server = createServer((request, response) => {
    if (request.method === 'POST') void pay(request, response);
    else serve(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    keys,
    get effects() {
      return [...reference.effects.values()].reduce((sum, count) => sum + count, 0);
    },
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (keys.length >= count) resolve();
        };
        waiting.push(look);
        look();
      }),
    answer: () => answer(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
