import type { Api } from './api.ts';

/** The flaky API over the network. */
export function realApi(url: string): Api {
  const control = new URL('/control', url);
  return {
    baseUrl: url,
    async configure(settings) {
      await fetch(control, { method: 'PUT', body: JSON.stringify(settings) });
    },
    stats: async () => (await fetch(control)).json(),
  };
}
