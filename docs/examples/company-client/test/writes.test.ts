import { idempotency } from '@kyhooks/idempotency';
import { retry } from '@kyhooks/retry';
import { timeout } from '@kyhooks/timeout';
import { isTimeoutError, type KyInstance } from 'ky';
import { beforeEach, expect, test, vi } from 'vitest';
import { createClient, writes } from '../src/index.ts';
import { connectionLost, type Reply, scriptedWire, type ScriptedWire } from '../src/testing.ts';
import { finish } from './finish.ts';

function clientOn(...replies: Reply[]): { api: KyInstance; wire: ScriptedWire } {
  const wire = scriptedWire(...replies);
  const settings = { service: 'shop', credentials: { token: 't' }, logger: () => undefined };
  return { api: createClient(settings).extend(writes).extend({ fetch: wire.fetch }), wire };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});

const keys = ({ sent }: ScriptedWire): (string | null)[] =>
  sent.map(({ headers }) => headers.get('idempotency-key'));
const json = { amount: 5 };

test.each(['post', 'put', 'patch', 'delete'] as const)(
  '%s is sent again once, with the same key',
  async (method) => {
    const { api, wire } = clientOn(connectionLost(), Response.json({ id: 'pay_1' }));
    expect(await finish(api(`payments/1`, { method, json }).json())).toEqual({ id: 'pay_1' });
    const [first, second, ...more] = keys(wire);
    expect(first).toMatch(/\S{20}/);
    expect(second).toBe(first);
    expect(more).toEqual([]);
  },
);

test('it gives up within five seconds', async () => {
  const { api, wire } = clientOn('hang', 'hang');
  const startedMs = Date.now();
  const error = await finish(api.post('payments', { json }).catch((thrown: unknown) => thrown));
  expect(isTimeoutError(error)).toBe(true);
  expect(Date.now() - startedMs).toBeLessThanOrEqual(5_000);
  expect(wire.sent).toHaveLength(2);
});

// #region overrides
test('an endpoint that honours no keys: nothing is sent again', async () => {
  const { api, wire } = clientOn(connectionLost());
  const call = api.post('mails', { json, ...idempotency({ honored: false }) });
  await expect(finish(call)).rejects.toThrow('POST');
  expect(wire.sent).toHaveLength(1);
});

test('a form that the user may send twice: one key for what is meant', async () => {
  const { api, wire } = clientOn(Response.json({}), Response.json({}));
  const meant = { json, headers: { 'idempotency-key': 'order-of-cart-77' } };
  await finish(api.post('orders', meant));
  await finish(api.post('orders', meant));
  expect(keys(wire)).toEqual(['order-of-cart-77', 'order-of-cart-77']);
});

test('a nightly run that has the time', async () => {
  const { api, wire } = clientOn(...Array.from({ length: 4 }, connectionLost), Response.json({ id: 1 }));
  const patient = { ...retry({ limit: 5 }), ...timeout({ total: 60_000 }) };
  await finish(api.post('invoices', { json, ...patient }));
  expect(wire.sent).toHaveLength(5);
});
// #endregion overrides
