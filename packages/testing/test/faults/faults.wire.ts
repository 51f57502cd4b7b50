import { gate, layer, wire } from '@kyhooks/core';
import { timeout } from '@kyhooks/timeout';
import { describe, expect, test } from 'vitest';
import { type Client, clients } from './clients.ts';
import { faultOf, kinds } from './fault.ts';
import { invariants, violations } from './invariants.ts';
import { report } from './report.ts';
import { run } from './run.ts';

// Tens of thousands of calls, and any seed: `npm run proof -- --part faults --seed 7`.
const seed = 1;
const count = 40;

describe(`${count} calls through each client, against every fault on the wire`, () => {
  const met = new Set<string>();

  test.each(Object.entries(clients))('%s', async (name, client) => {
    const seen = await run(client, { seed, count });
    const found = violations(seen);
    expect(found.length > 0 && report(name, found, { seed, count })).toBe(false);
    expect(seen.told).toHaveLength(count);
    for (const { fault } of seen.received) met.add(fault.kind);
  });

  test('every kind of fault was met', () => {
    expect([...met].sort()).toEqual([...kinds, 'none'].sort());
  });
});

test('the faults are those of the seed and the call, whatever arrives when', async () => {
  for (const order of ['up', 'down'] as const) {
    const { received } = await run(clients['retry']!, { seed: 2, count, order });
    expect(received.length).toBeGreaterThan(count);
    for (const { call, number, fault } of received) expect(fault).toEqual(faultOf(2, call, number));
  }
});

describe('what does not hold is found', () => {
  const found = async (client: Client): Promise<readonly string[]> => {
    const all = violations(await run(client, { seed: 3, count: 150, graceMs: 500 }));
    return [...new Set(all.map(({ invariant, what }) => `${invariant}: ${what.replaceAll(/\d+/g, '#')}`))];
  };
  const [once, right, limit, deadline, left, why] = invariants;

  test('a second effect', async () => {
    const client = {
      dress: () => [{ retry: { limit: 4, methods: ['get', 'put', 'post'], delay: () => 20 } }],
    };
    expect(await found(client)).toContain(`${once}: # effects`);
  });

  test('an answer that is none', async () => {
    const client = { dress: () => [{ parseJson: (text: string) => text }] };
    expect((await found(client)).join()).toContain(`${right}: accepted "`);
  });

  test('drift, where the client checks', async () => {
    expect((await found({ dress: () => [], checks: true })).join()).toContain(`${right}: accepted `);
  });

  test('limits', async () => {
    const limits = { concurrent: 1, rate: { limit: 10, interval: 200 } };
    const all = await found({ dress: () => [], limits });
    expect(all).toEqual(
      expect.arrayContaining([`${limit}: # requests at a time of #`, `${limit}: # requests in # ms of #`]),
    );
  });

  test('a bound that is overrun', async () => {
    const all = await found({ dress: () => [timeout({ attempt: 1_000 })] });
    expect(all).toContain(`${deadline}: went on for # ms behind its bound`);
  });

  test('an abort that comes back as something else', async () => {
    const rewrites = { hooks: { beforeError: [() => new Error('rewritten')] } };
    const all = await found({ dress: () => [rewrites] });
    expect(all).toContain(`${deadline}: its abort came back as Error: rewritten`);
  });

  test('whatever is left behind', async () => {
    const leaks = layer({
      name: 'leaks',
      places: [
        gate({
          stage: 'guard',
          run({ call }) {
            setTimeout(() => undefined, 30_000).unref();
            call.signal!.addEventListener('abort', () => undefined);
          },
        }),
        wire({
          stage: 'fault',
          run: ({ request }, next) => next(new Request(request, { signal: null })),
        }),
      ],
    });
    const client: Client = {
      dress(held) {
        held.spans++;
        held.permits = () => 2;
        return [leaks()];
      },
    };
    expect(await found(client)).toEqual(
      expect.arrayContaining(
        [
          'permits and calls that wait',
          'spans',
          'abort listeners',
          'timers',
          'requests on the wire',
          'connections in use',
          'sockets',
        ].map((what) => `${left}: # ${what}`),
      ),
    );
  });

  test('a failure that the record does not explain', async () => {
    const hides = layer({
      name: 'hides',
      places: [
        wire({
          stage: 'fault',
          async run(_, next) {
            try {
              return await next();
            } catch {
              throw new Error('something');
            }
          },
        }),
      ],
    });
    const all = await found({ dress: () => [hides()] });
    expect(all).toContain(`${why}: huge headers is not named in attempt #`);
  });

  test('a failure of which the record says that all is well', async () => {
    const throws = (): never => {
      throw new Error('no');
    };
    const all = await found({ dress: () => [{ parseJson: throws }] });
    expect(all).toContain(`${why}: it failed with Error: no, and its record says ok`);
  });

  test('and told with the call, its faults, its record and how to see it again', async () => {
    const hides = { dress: () => [], checks: true };
    const told = report('a client', violations(await run(hides, { seed: 3, count: 150 })), {
      seed: 3,
      count: 150,
    });
    expect(told).toMatch(/Call \d+ of seed 3, (?:GET|PUT|POST), gave /);
    expect(told).toMatch(/request 1: drift, form 0\.\d+/);
    expect(told).toMatch(/http:\/\/127\.0\.0\.1:\d+\/users\/\d+ {2}ok, \d attempt/);
    expect(told).toContain('Again: npm run proof -- --part faults --seed 3');
  });
});
