import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** What a server without manners does with a request. */
export type Manner = (socket: Socket, request: string) => void;

/** A server of bare sockets, on a free port: it can do what an HTTP server never would. */
export interface BrokenServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The first lines of the requests received. */
  readonly received: readonly string[];
}

/** Starts it; its manners are taken in turn, the last one for all requests behind it. */
export async function brokenServer(manners: readonly Manner[], port = 0): Promise<BrokenServer> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (data) => {
      const text = String(data);
      // A body comes behind its head.
      if (!/^[A-Z]+ /.test(text)) return;
      received.push(text.split('\r\n')[0]!);
      manners[Math.min(received.length, manners.length) - 1]!(socket, text);
    });
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}/`,
    port: own,
    received,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const later = (action: () => void): void => void setTimeout(action, 20);

/** Answers as it should, and closes. */
export const fine: Manner = (socket) =>
  socket.end(`${head}content-length: 8\r\nconnection: close\r\n\r\n{"id":1}`);

/** Manners that break a connection, with what Node's fetch makes of them. */
export const rude: Readonly<Record<string, Manner>> = {
  reset: (socket) => void socket.resetAndDestroy(),
  close: (socket) => void socket.end(),
  'half a head': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-le');
    later(() => socket.end());
  },
  'no HTTP': (socket) => void socket.end('220 smtp.example.com ESMTP\r\n\r\n'),
  'half a body': (socket) => {
    socket.write(`${head}content-length: 100\r\n\r\n{"id":`);
    later(() => socket.end());
  },
  'a reset within chunks': (socket) => {
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\n`);
    later(() => socket.resetAndDestroy());
  },
  'a broken chunk': (socket) => void socket.write(`${head}transfer-encoding: chunked\r\n\r\nzz\r\n{"id"\r\n`),
};
