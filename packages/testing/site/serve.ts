import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url));

/** The built site, served by VitePress itself until it is disposed of. */
export interface Served extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
}

export async function serveSite(): Promise<Served> {
  const port = await freePort();
  const cli = fileURLToPath(new URL('node_modules/vitepress/bin/vitepress.js', `file://${docs}`));
  const child = spawn(process.execPath, [cli, 'serve', '--port', String(port)], {
    cwd: docs,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const url = `http://localhost:${port}`;
  await Promise.race([
    (async () => {
      for await (const text of child.stdout.iterator({ destroyOnReturn: false }))
        if (String(text).includes(String(port))) return;
    })(),
    ended.then(() => {
      throw new Error('The site could not be served.');
    }),
  ]);
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
