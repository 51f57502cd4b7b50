import { fanOut, type FanOutOptions, result } from '@kyhooks/result';
import ky from 'ky';
import type { Part, Proof } from './part.ts';

const count = 1_000_000;
const concurrency = 50;
const sampleEvery = 50_000;

/** A million inputs through a stub: the heap does not grow with them, and the bound holds. */
export const fanOutPart: Part = {
  name: 'fan-out',
  title: 'a fan-out of 1,000,000 inputs keeps its bound, in a flat heap',
  async run(proof) {
    await prove(proof, 'completion');
    await prove(proof, 'input');
  },
};

async function prove(proof: Proof, order: NonNullable<FanOutOptions['order']>): Promise<void> {
  let running = 0;
  let mostRunning = 0;
  const api = ky.create({
    retry: 0,
    timeout: false,
    fetch: async () => {
      mostRunning = Math.max(mostRunning, ++running);
      await new Promise((resolve) => void setImmediate(resolve));
      running--;
      return new Response('{"id":1}', { headers: { 'content-type': 'application/json' } });
    },
  });
  const controller = new AbortController();
  const run = fanOut(
    numbers(),
    (id, { signal }) => result(api.get(`https://api.test/users/${id}`, { signal })),
    {
      concurrency,
      order,
      signal: controller.signal,
    },
  );
  const heaps: number[] = [];
  let read = 0;
  let ok = 0;
  for await (const item of run) {
    if (item.result.ok) ok++;
    if (++read % sampleEvery === 0) heaps.push(await heapNow());
  }
  const megabytes = heaps.map((bytes) => bytes / 2 ** 20);
  const [early, late] = [megabytes.slice(1, 5), megabytes.slice(-4)].map((part) => Math.min(...part));
  proof.fact(
    `in the order of ${order}`,
    `${read} inputs, ${ok} ok, at most ${mostRunning} at a time (bound ${concurrency}), ` +
      `heap after collection ${early!.toFixed(1)} MB early, ${late!.toFixed(1)} MB late`,
  );
  if (ok !== count || mostRunning > concurrency) throw new Error('The fan-out lost inputs or its bound');
  if (late! > early! * 1.2 + 2) throw new Error('The heap of the fan-out grows with its inputs');
}

function* numbers(): Generator<number> {
  for (let number = 0; number < count; number++) yield number;
}

/** Twice, with turns between: what is held weakly or waits for a finaliser goes in a later round. */
async function heapNow(): Promise<number> {
  for (let round = 0; round < 2; round++) {
    await new Promise((resolve) => void setImmediate(resolve));
    globalThis.gc!();
  }
  return process.memoryUsage().heapUsed;
}
