import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers every request at once, with a small user. A process of its own, so that it shares no event loop with the clients. */
const body = JSON.stringify({ id: 1, name: 'Ada', email: 'ada@example.com' });
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
