import ky from 'ky';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FlakyApi } from '../src/flaky-api.ts';
import { type FaultName, profiles } from '../src/server/profiles.ts';
import { type Scene, scene } from '../src/server/script.ts';
import { draftOf, userOf } from '../src/server/truth.ts';
import { whyFailed } from '../src/why-failed.ts';
import { isInvoice } from '../src/right-answer.ts';

const seed = 5;
const bare = ky.create({ retry: 0, timeout: 300 });
let api: FlakyApi;

beforeEach(async () => {
  api = await FlakyApi.start({ seed, faults: 'mixed' });
});
afterEach(() => api.stop());

/** The first user or invoice whose first attempt, and the second, are as asked. */
function firstWith(
  kind: 'user' | 'invoice',
  isFirst: (one: Scene) => boolean,
  isSecond: (one: Scene) => boolean = () => true,
): number {
  const at = (number: number, attempt: number): Scene =>
    scene(seed, profiles.mixed, { kind, number }, attempt);
  let number = 1;
  while (!(isFirst(at(number, 1)) && isSecond(at(number, 2)))) number++;
  return number;
}

const fine = ({ fault }: Scene): boolean => fault === 'none';

const faults: readonly (readonly [FaultName, outcome: string])[] = [
  ['throttle', 'status 429'],
  ['reset', 'ECONNRESET'],
  ['hang', 'no headers in time'],
  ['slowBody', 'body too slow'],
  ['truncate', 'UND_ERR_SOCKET in the body'],
  ['malformed', 'malformed JSON'],
];

describe('the flaky API', () => {
  test.each(faults)('serves "%s", which a client sees as "%s"', async (fault, outcome) => {
    const id = firstWith('user', (one) => one.fault === fault && one.form > 0.5);
    let answered = false;
    const fetch: typeof globalThis.fetch = async (...args) => {
      const response = await globalThis.fetch(...args);
      answered = response.ok;
      return response;
    };
    const error: unknown = await bare
      .get(`${api.url}/users/${id}`, { fetch })
      .json()
      .catch((thrown: unknown) => thrown);
    expect(whyFailed(error, answered)).toBe(outcome);
  });

  test('names the pause of a 429 in seconds or as a date', async () => {
    const retryAfter = async (isForm: (form: number) => boolean): Promise<string | null> => {
      const id = firstWith('user', ({ fault, form }) => fault === 'throttle' && isForm(form));
      const { headers } = await bare.get(`${api.url}/users/${id}`, { throwHttpErrors: false });
      return headers.get('retry-after');
    };
    expect(await retryAfter((form) => form < 0.5)).toBe('1');
    const date = await retryAfter((form) => form > 0.9);
    expect(date).toMatch(/GMT$/);
    expect(Date.parse(date!) - Date.now()).toBeLessThanOrEqual(1500);
  });

  test('drifts from the contract with status 200', async () => {
    const id = firstWith('user', ({ fault }) => fault === 'drift');
    const answer = await bare.get(`${api.url}/users/${id}`).json();
    expect(answer).toBeTypeOf('object');
    expect(answer).not.toEqual(userOf(id));
  });

  test('plays the next attempt after the first, and begins anew when its counts are taken', async () => {
    const id = firstWith('user', ({ fault }) => fault === 'serverError', fine);
    const status = async (): Promise<number> =>
      (await bare.get(`${api.url}/users/${id}`, { throwHttpErrors: false })).status;
    const first = await status();
    expect(first).toBeGreaterThanOrEqual(500);
    expect(await status()).toBe(200);
    const { requests, byMethod, served, servedFirst } = await api.takeStats();
    expect({ requests, byMethod, served, servedFirst }).toEqual({
      requests: 2,
      byMethod: { GET: 2 },
      served: { [first]: 1, 200: 1 },
      servedFirst: { [first]: 1 },
    });
    expect(await status()).toBe(first);
    expect((await api.takeStats()).requests).toBe(1);
  });

  test('stores an invoice before a fault, and counts the second copy as a duplicate', async () => {
    const number = firstWith('invoice', ({ fault, processed }) => fault === 'serverError' && processed, fine);
    const draft = draftOf(number);
    const create = () => bare.post(`${api.url}/invoices`, { json: draft }).json();
    await expect(create()).rejects.toThrow(/status code 5\d\d/);
    const answer = await create();
    expect(isInvoice(answer, draft)).toBe(true);
    const { stored, duplicateWrites } = await api.takeStats();
    expect(stored).toEqual({ [draft.reference]: 2 });
    expect(duplicateWrites).toBe(1);
  });

  test('knows the second copy by its idempotency key, and refuses the key for another invoice', async () => {
    const number = firstWith('invoice', ({ fault, processed }) => fault === 'serverError' && processed, fine);
    const draft = draftOf(number);
    const headers = { 'idempotency-key': 'key-1' };
    const create = (json = draft) => bare.post(`${api.url}/invoices`, { json, headers });
    await expect(create()).rejects.toThrow(/status code 5\d\d/);
    const response = await create();
    expect(response.headers.get('idempotent-replayed')).toBe('true');
    expect(isInvoice(await response.json(), draft)).toBe(true);
    await expect(create(draftOf(number + 1))).rejects.toThrow('status code 422');
    const { stored, duplicateWrites, copiesKnown } = await api.takeStats();
    expect(stored).toEqual({ [draft.reference]: 1 });
    expect({ duplicateWrites, copiesKnown }).toEqual({ duplicateWrites: 0, copiesKnown: 1 });
  });

  test('refuses what is no invoice', async () => {
    const { status } = await bare.post(`${api.url}/invoices`, { json: {}, throwHttpErrors: false });
    expect(status).toBe(400);
    expect((await api.takeStats()).requests).toBe(0);
  });
});
