import type { Server, ServerResponse } from 'node:http';
import { type RealServer, realServer } from '../../test/real-server.ts';
import { repliesOfApi, type Reply } from './reply.ts';

/** The same API behind real sockets; asked for `/rest` it closes the connections that clients keep for later. */
export function loopbackWire(): Promise<RealServer> {
  const replyTo = repliesOfApi();
  return realServer((response, request) => {
    if (request.url === '/rest') {
      (request.socket as { readonly server?: Server }).server!.closeIdleConnections();
      response.writeHead(204, { connection: 'close' }).end();
      return;
    }
    const reply = replyTo(request.url!, request.headers.authorization ?? null);
    request.resume().on('end', () => answer(response, reply));
  });
}

function answer(response: ServerResponse, { status = 200, headers = {}, body = '', fault }: Reply): void {
  switch (fault) {
    case 'break':
      response.destroy();
      return;
    case 'hang':
      return;
    case 'cut':
    case 'stall':
      response.writeHead(status, { ...headers, 'content-length': body.length });
      response.write(body.slice(body.length / 2), () => {
        if (fault === 'cut') response.destroy();
      });
      return;
    case undefined:
      response.writeHead(status, headers).end(body);
  }
}
