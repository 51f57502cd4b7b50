import { wait } from '@kyhooks/core';
import { realServer, type RealServer } from '../test/real-server.ts';

/** An API that takes orders, and knows a second copy of a request by its `Idempotency-Key`. */
export interface Shop extends AsyncDisposable {
  readonly url: string;
  /** Orders that were placed. */
  readonly orders: number;
}

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Record<string, string>;
}

/** Opens it. An order takes `orderMs`; with `losesFirst` the first answer is lost on the way. */
export async function shop(orderMs: number, losesFirst = false): Promise<Shop> {
  const orders: unknown[] = [];
  const running = new Set<unknown>();
  const place = async (key: unknown): Promise<Answer> => {
    if (running.has(key)) return { status: 409, body: { title: 'A request with this Idempotency-Key runs' } };
    if (key !== undefined && orders.includes(key)) {
      const order = orders.indexOf(key) + 1;
      return { status: 201, body: { order }, headers: { 'idempotent-replayed': 'true' } };
    }
    if (key !== undefined) running.add(key);
    await wait(orderMs);
    running.delete(key);
    return { status: 201, body: { order: orders.push(key) } };
  };
  const server: RealServer = await realServer((response, request, number) => {
    void (async () => {
      const { status, body, headers } = await place(request.headers['idempotency-key']);
      if (losesFirst && number === 1) request.socket.resetAndDestroy();
      else
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(JSON.stringify(body));
    })();
  });
  return {
    url: server.url,
    get orders() {
      return orders.length;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
