import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Gives the origin at which it listens. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
