import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { LocalPermits } from '../src/permits/local.ts';
import { Pool } from '../src/pool.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

test('100,000 keys, each used once, leave no more behind than the thousand that are remembered', async () => {
  const pool = new Pool({
    permits: (_, hooks) => new LocalPermits({ maxConcurrent: 1, windows: [] }, hooks),
  });
  const use = async (from: number, to: number): Promise<number> => {
    for (let key = from; key < to; key++) {
      pool.lane(`key ${key}`).take(1)!.release();
      if (key % 1_000 === 999) await new Promise((resolve) => void setImmediate(resolve));
    }
    gc();
    return process.memoryUsage().heapUsed;
  };
  const before = await use(0, 2_000);
  const after = await use(2_000, 102_000);
  expect(pool.stats().size).toBe(1_000);
  expect((after - before) / 1_000_000).toBeLessThan(5);
}, 60_000);
