import { afterEach, expect, test, vi } from 'vitest';
import { localStore } from '../src/local-storage.ts';
import type { StoredKey } from '../src/index.ts';

afterEach(() => {
  localStorage.clear();
  vi.restoreAllMocks();
});

const entry = (key: string, ttl = 60_000): StoredKey => ({ key, expires: Date.now() + ttl });

test('remembers across stores, as across reloads', async () => {
  const store = localStore();
  expect(await store.get('a')).toBeUndefined();
  const added = await Promise.all([store.add('a', entry('1')), localStore().add('a', entry('2'))]);
  expect(added.map(({ key }) => key)).toEqual(['1', '1']);
  expect(await localStore().get('a')).toMatchObject({ key: '1' });
  await store.delete('a');
  expect(await localStore().get('a')).toBeUndefined();
});

test('keeps to its prefix', async () => {
  await localStore({ prefix: 'mine:' }).add('a', entry('1'));
  expect(Object.keys(localStorage)).toEqual(['mine:a']);
  expect(await localStore().get('a')).toBeUndefined();
});

test('an entry that has expired counts as absent', async () => {
  const store = localStore();
  await store.add('a', entry('1', -1));
  expect(await store.get('a')).toBeUndefined();
  expect(await store.add('a', entry('2'))).toMatchObject({ key: '2' });
});

test('lets go of what has expired when it stores something', async () => {
  localStorage.setItem('other', 'x');
  await localStore().add('a', entry('1', -1));
  await localStore().add('b', entry('2'));
  expect(Object.keys(localStorage).sort()).toEqual(['kyhooks:idempotency:b', 'other']);
});

test('lets go of nothing that is not its own, whatever its name begins with', async () => {
  localStorage.setItem('app:settings', '{"theme":"dark"}');
  localStorage.setItem('app:none', 'null');
  await localStore({ prefix: 'app:' }).add('a', entry('1'));
  expect(Object.keys(localStorage).sort()).toEqual(['app:a', 'app:none', 'app:settings']);
});

test('fails where nothing can be stored, or what is stored is damaged', async () => {
  localStorage.setItem('kyhooks:idempotency:a', '{"half');
  await expect(localStore().add('a', entry('1'))).rejects.toThrow(SyntaxError);
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  await expect(localStore().add('b', entry('1'))).rejects.toThrow('full');
});
