import { describe, expect, test } from 'vitest';
import { fanOut } from '../src/index.ts';

/** A stub whose calls take one to three turns of the event loop, so that they end out of order. */
async function stub(input: number): Promise<number> {
  for (let turns = (input % 3) + 1; turns > 0; turns--)
    await new Promise((resolve) => void setImmediate(resolve));
  return input;
}

describe('100,000 inputs', () => {
  for (const order of ['input', 'completion'] as const) {
    test(
      `are streamed in the order of ${order}, never above the bound, each once`,
      { timeout: 30_000 },
      async () => {
        const concurrency = 25;
        const count = 100_000;
        let running = 0;
        let mostRunning = 0;
        let taken = 0;
        let read = 0;
        let mostHeld = 0;
        let sum = 0;
        let inOrder = true;
        function* inputs(): Generator<number> {
          for (; taken < count; taken++) {
            mostHeld = Math.max(mostHeld, taken - read);
            yield taken;
          }
        }
        const call = async (input: number): Promise<number> => {
          mostRunning = Math.max(mostRunning, ++running);
          const value = await stub(input);
          running--;
          return value;
        };
        const run = fanOut(inputs(), call, { concurrency, order });
        for await (const { index, result } of run) {
          if (result.ok) sum += result.data;
          inOrder &&= index === read;
          read++;
        }
        expect({ read, sum, end: run.end }).toEqual({
          read: count,
          sum: (count * (count - 1)) / 2,
          end: 'completed',
        });
        expect(mostRunning).toBe(concurrency);
        // In flight, and finished but not read.
        expect(mostHeld).toBeLessThan(2 * concurrency);
        expect(inOrder).toBe(order === 'input');
      },
    );
  }
});
