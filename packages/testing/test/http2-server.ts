import { constants, createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Options } from 'ky';
import { generate } from 'selfsigned';
import { Agent, fetch as undiciFetch, type RequestInit as UndiciInit } from 'undici';

export type Http2Manner = (stream: ServerHttp2Stream, breakConnections: () => void) => void;

/** A server that speaks HTTP/2, with a certificate of its own making, and a `fetch` that trusts it. */
export interface Http2Server extends AsyncDisposable {
  readonly url: string;
  readonly fetch: NonNullable<Options['fetch']>;
  /** Requests received. */
  readonly received: number;
}

/** Starts it; its manners are taken in turn, the last one for all requests behind it. */
export async function http2Server(manners: readonly Http2Manner[]): Promise<Http2Server> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  let received = 0;
  const sessions = new Set<{ destroy(): void }>();
  const server: Http2SecureServer = createSecureServer({ key, cert, allowHTTP1: true });
  // Node 22 does not let a session's socket be destroyed by way of the session.
  const sockets = new Set<TLSSocket>();
  const breakConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined).on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    manners[Math.min(++received, manners.length) - 1]!(stream, breakConnections);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}/`,
    get received() {
      return received;
    },
    // The Request is of Node's own undici; what it says is handed to this one.
    async fetch(input) {
      const { url, method, headers, body, signal } = input as Request;
      const init = { method, headers: [...headers], body, signal, duplex: 'half', dispatcher };
      return (await undiciFetch(url, init as unknown as UndiciInit)) as unknown as Response;
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

/** Answers as it should. */
export const fine: Http2Manner = (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end('{"id":1}');
};

export const rude: Readonly<Record<string, Http2Manner>> = {
  'refuses the stream': (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
  'fails within': (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
  'goes away': (stream) => {
    stream.session!.goaway(constants.NGHTTP2_NO_ERROR, 0);
    stream.session!.destroy();
  },
  'breaks the connection': (_, breakConnections) => breakConnections(),
  'breaks off in the body': (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/json' });
    stream.write('{"id":');
    setTimeout(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR), 20);
  },
};
