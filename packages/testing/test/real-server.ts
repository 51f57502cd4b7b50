import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A real server on a free port, whose answers a test gives request by request. */
export interface RealServer extends AsyncDisposable {
  readonly url: string;
  /** Requests received. */
  readonly received: number;
  /** Resolves when a client has closed the connection of a request before it was answered whole. */
  readonly hungUp: Promise<void>;
}

type Answer = (response: ServerResponse, request: IncomingMessage, number: number) => void;

/** Starts it, on a port of its own where none is given; it ends with its block. */
export async function realServer(answer: Answer, port = 0): Promise<RealServer> {
  let received = 0;
  let hangUp: () => void;
  const hungUp = new Promise<void>((resolve) => void (hangUp = resolve));
  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) hangUp();
    });
    answer(response, request, ++received);
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    get received() {
      return received;
    },
    hungUp,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}
