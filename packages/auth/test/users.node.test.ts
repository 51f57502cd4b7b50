import { AsyncLocalStorage } from 'node:async_hooks';
import { scriptedWire, virtualClock } from '@kyhooks/testing';
import ky from 'ky';
import { expect, test } from 'vitest';
import { auth } from '../src/index.ts';

test('users of one instance, told apart by their context, never share a token', async () => {
  using clock = virtualClock();
  const wire = scriptedWire(clock);
  const sent: string[] = [];
  const user = new AsyncLocalStorage<string>();
  const refreshed: (string | undefined)[] = [];
  const api = ky
    .create({
      baseUrl: 'https://api.test/',
      retry: 0,
      fetch: (input, init) => {
        const request = input as Request;
        sent.push(`${new URL(request.url).pathname.slice(1)}: ${request.headers.get('authorization')}`);
        return wire.fetch(request, init);
      },
    })
    .extend(
      auth({
        token: async () => user.getStore()!,
        refresh: async (old) => {
          refreshed.push(old);
          await new Promise((resolve) => setTimeout(resolve, 10));
          return `${old} again`;
        },
      }),
    );
  const calls = ['ada', 'grace', 'ada'].map((name) => user.run(name, () => api.get(name).text()));
  await clock.settle();
  for (const exchange of wire.exchanges.slice()) await exchange.respond(401);
  await clock.advance(11);
  for (const exchange of wire.exchanges.slice(3)) await exchange.respond(200);
  await Promise.all(calls);
  expect(refreshed).toEqual(['ada', 'grace']);
  expect(sent.toSorted()).toEqual([
    'ada: Bearer ada',
    'ada: Bearer ada',
    'ada: Bearer ada again',
    'ada: Bearer ada again',
    'grace: Bearer grace',
    'grace: Bearer grace again',
  ]);
});
