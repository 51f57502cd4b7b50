import { createClient } from '@acme/client';
import { scriptedWire, type ScriptedWire } from '@acme/client/testing';
import { isTimeoutError } from 'ky';
import { beforeEach, expect, test, vi } from 'vitest';
import { reports } from '../src/reports.ts';

const company = createClient({
  service: 'reports',
  credentials: { token: 't' },
  logger: () => undefined,
});
const on = ({ fetch }: Pick<ScriptedWire, 'fetch'>): ReturnType<typeof reports> =>
  reports(company.extend({ fetch }));
const report = { id: 'r-1', rows: 3 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});

test('reads a report that takes 15 s', async () => {
  const wire = scriptedWire(Response.json(report));
  const slow: ScriptedWire['fetch'] = async (input, init) => {
    await new Promise((resolve) => void setTimeout(resolve, 15_000));
    return wire.fetch(input, init);
  };
  const call = on({ fetch: slow }).read('r-1');
  await vi.advanceTimersByTimeAsync(15_000);
  expect(await call).toEqual(report);
});

test('orders with a key, and gives up soon', async () => {
  const wire = scriptedWire('hang', 'hang');
  const error = on(wire)
    .order(2026)
    .catch((thrown: unknown) => thrown);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(isTimeoutError(await error)).toBe(true);
  expect(wire.sent[0]?.headers.has('idempotency-key')).toBe(true);
});
