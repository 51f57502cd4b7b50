import { describe, expect, test } from 'vitest';
import { type Fragments, fragments, holdsInAll, type Order, sampled, six } from './orders.ts';
import { scripts } from './scripts.ts';

// All 720 orders of the six, and more of all layers: `npm run proof -- --part orders`.
const some: Readonly<Record<string, readonly Order[]>> = {
  'the six': [...sampled(six, 30, 1)],
  'all layers': [...sampled(Object.keys(fragments), 90, 1)],
};

for (const [whose, orders] of Object.entries(some)) {
  describe(`${orders.length} orders of chaining ${whose} do the same`, () => {
    for (const [name, script] of Object.entries(scripts)) {
      test(name, { timeout: 60_000 }, async () => {
        expect(await holdsInAll(script, orders)).toBe(orders.length);
      });
    }
  });
}

test('a fragment that depends on its place is found, and what differs is shown', async () => {
  const planted: Fragments = {
    ...fragments,
    // Signs what is there when it is its turn, as hooks do that are chained at some place or other.
    signer: () => ({
      hooks: {
        beforeRequest: [
          ({ request }) => request.headers.set('x-key', `signs ${request.headers.get('x-user')}`),
        ],
      },
    }),
  };
  const orders = sampled(['retry', 'timeout', 'hooks', 'signer'], 2, 1);
  const { message } = (await holdsInAll(scripts['503, then success']!, orders, planted).catch(
    (error: Error) => error,
  )) as Error;
  expect(message).toMatchInlineSnapshot(`
    "Two orders of chaining do not do the same:
    - retry → timeout → hooks → signer
    + signer → hooks → timeout → retry

    @@ -10,6 +10,6 @@
        "logged": [],
        "requests": [
    -     "+0 GET /users/1?sig=secret [null,null,null,\\"signs first\\",null,null,\\"first\\"] {}",
    -     "+310 GET /users/1?sig=secret [null,null,null,\\"signs first\\",null,null,\\"again 1\\"] {}",
    +     "+0 GET /users/1?sig=secret [null,null,null,\\"signs null\\",null,null,\\"first\\"] {}",
    +     "+310 GET /users/1?sig=secret [null,null,null,\\"signs null\\",null,null,\\"again 1\\"] {}",
        ],
        "settled": ["
  `);
});
