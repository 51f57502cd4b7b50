import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { FlakyApi } from '../src/flaky-api.ts';

/** The page with the playground, and the flaky API that it calls, each on an origin of its own. */
export interface Served extends AsyncDisposable {
  /** Of the page. */
  readonly url: string;
  readonly apiUrl: string;
}

/** Serves both, on free ports. */
export async function servePlayground(seed: number): Promise<Served> {
  const api = await FlakyApi.start({ seed, faults: 'none', forPages: true });
  const vite = await createServer({
    root: fileURLToPath(new URL('.', import.meta.url)),
    configFile: false,
    logLevel: 'warn',
    clearScreen: false,
    cacheDir: fileURLToPath(new URL('../../../node_modules/.cache/vite-playground', import.meta.url)),
    server: { host: '127.0.0.1', port: 0 },
  });
  await vite.listen();
  const { port } = vite.httpServer!.address() as { readonly port: number };
  return {
    // By name, and the API by number: with other ports too, they are different origins.
    url: `http://127.0.0.1:${port}/?api=${encodeURIComponent(api.url)}`,
    apiUrl: api.url,
    async [Symbol.asyncDispose]() {
      await vite.close();
      await api.stop();
    },
  };
}
