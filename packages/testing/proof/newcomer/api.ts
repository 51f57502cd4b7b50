import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from '@kyhooks/testing';
import { server as replies } from '../../test/examples.ts';
import { listen } from './listen.ts';

export interface Api extends AsyncDisposable {
  readonly url: string;
  /** Statuses it has answered with since it began anew. */
  readonly answered: readonly number[];
  /** Forgets all requests: the next one of a line gets the line's first reply again. */
  beginAnew(): void;
}

/** The API of the examples over real sockets; `page` answers what is not the API's. */
export async function exampleApi(page?: RequestListener): Promise<Api> {
  const seen = new Map<string, number>();
  const answered: number[] = [];
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    if (page && !request.url!.startsWith('/v1/')) return page(request, response);
    const count = seen.get(line) ?? 0;
    seen.set(line, count + 1);
    const reply = replies[line]?.[count] ?? replies[line]?.at(-1) ?? { status: 404 };
    void send(reply, response).then((status) => status && answered.push(status));
  });
  const url = await listen(server);
  return {
    url,
    answered,
    beginAnew() {
      seen.clear();
      answered.length = 0;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

async function send(reply: Reply, response: ServerResponse): Promise<number | undefined> {
  const { status = 200, headers = {}, json, body = '', error, hang, afterMs = 0, stall } = reply;
  if (hang) return undefined;
  await sleep(afterMs);
  if (error !== undefined) {
    response.socket!.resetAndDestroy();
    return undefined;
  }
  const content = json === undefined ? body : JSON.stringify(json);
  const type = json === undefined ? 'text/plain' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers });
  if (stall) response.write(content.slice(0, content.length / 2));
  else response.end(content);
  return status;
}
