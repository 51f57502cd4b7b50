import type { Fetch } from '@kyhooks/fetch';
import { describe, expect, test } from 'vitest';
import {
  cases,
  helped,
  inputForms,
  type Make,
  matrix,
  methods,
  orderOfSettling,
  outcome,
  rotations,
  settings,
} from './cases.ts';
import { realServer } from '../real-server.ts';
import { witness } from './witness.ts';

describe.each(Object.keys(settings))('as the platform does, with %s', (setting) => {
  const ours = settings[setting]!;
  const told = Object.keys(cases).filter((name) => !setting.startsWith('the defaults') || !helped.has(name));

  test.each(told)('%s', async (name) => {
    const [seen, platform] = await byBoth(ours, [cases[name]!]);
    expect(seen).toEqual(platform);
  });

  test.each(inputForms.flatMap((form) => methods.map((method) => [form, method] as const)))(
    'each body and form of headers, by %s, %s',
    async (form, method) => {
      const [seen, platform] = await byBoth(ours, matrix(form, method));
      expect(seen).toEqual(platform);
    },
  );

  test('a stream flows: the server reads a piece before the next is made', async () => {
    let arrived: (() => void) | undefined;
    await using server = await realServer((response, request) => {
      request.on('data', () => arrived?.());
      request.on('end', () => response.end());
    });
    const made: string[] = [];
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (const piece of ['one', 'two', 'three']) {
        const read = new Promise<void>((resolve) => void (arrived = resolve));
        made.push(piece);
        yield new TextEncoder().encode(piece);
        await read;
      }
    }
    const init = { method: 'POST', body: pieces() as never, duplex: 'half' } as RequestInit;
    expect((await ours(server.url, init)).status).toBe(200);
    expect(made).toEqual(['one', 'two', 'three']);
  });

  test('order of settling, whichever begins', async () => {
    await using server = await witness([]);
    const orders = (by: Fetch): Promise<string[][]> =>
      Promise.all(rotations.map((begun) => orderOfSettling(by, server.url, begun)));
    expect(await orders(ours)).toEqual(await orders(fetch));
  });
});

/** What each call came to, and what the server wrote down: by ours, and by the platform's. */
async function byBoth(ours: Fetch, makes: Iterable<Make>): Promise<[unknown[], unknown[]]> {
  const lines: unknown[] = [];
  await using server = await witness(lines);
  const seen = async (by: Fetch, make: Make): Promise<unknown> => {
    try {
      return [await outcome(by, make(server.url)), lines.splice(0)];
    } catch (error) {
      return String(error); // of `make`: the platform refuses the Request itself
    }
  };
  const found: [unknown[], unknown[]] = [[], []];
  for (const make of makes) {
    found[1].push(await seen(fetch, make));
    found[0].push(await seen(ours, make));
  }
  return found;
}
