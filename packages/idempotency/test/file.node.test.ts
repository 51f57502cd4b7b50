import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type * as FileSystem from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { file } from '../src/file.ts';
import type { StoredKey } from '../src/index.ts';

/** What the next look at a folder sees, in place of what is there. */
const folderAsSeen = vi.hoisted((): { names?: string[] | undefined } => ({}));
/** Whether nothing more can be written. */
const disk = vi.hoisted(() => ({ full: false }));
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof FileSystem>();
  const readdir = async (at: string): Promise<string[]> => {
    const { names: seen } = folderAsSeen;
    folderAsSeen.names = undefined;
    return seen ?? fs.readdir(at);
  };
  const open: typeof fs.open = async (...args) => {
    const handle = await fs.open(...args);
    if (disk.full)
      handle.sync = () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    return handle;
  };
  return { ...fs, open, readdir };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kyhooks-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, 'made', 'keys.json');
const names = (): string[] => readdirSync(join(folder, 'made')).sort();
const entry = (key: string, ttl = 60_000): StoredKey => ({ key, expires: Date.now() + ttl });

describe('file()', () => {
  test('remembers across stores, as across processes', async () => {
    const store = file(path());
    expect(await store.get('a')).toBeUndefined();
    expect(await store.add('a', entry('1'))).toMatchObject({ key: '1' });
    expect(await store.add('a', entry('2'))).toMatchObject({ key: '1' });
    expect(await file(path()).get('a')).toMatchObject({ key: '1' });
    await store.delete('a');
    await store.delete('a');
    expect(await file(path()).get('a')).toBeUndefined();
  });

  test('keeps two editions, and no draft', async () => {
    const store = file(path());
    for (const key of ['1', '2', '3']) await store.add(key, entry(key));
    expect(names()).toEqual(['keys.json.2', 'keys.json.3']);
  });

  test('takes no other file of the folder for its own', async () => {
    const store = file(path());
    await store.add('a', entry('1'));
    const others = [
      'keys.json',
      'keys.json.01',
      'keys.json.09',
      'keys.json.1.bak',
      'keys.json.1-copy',
      'keys.json.bak',
      'other.json.7',
    ];
    for (const name of others) writeFileSync(join(folder, 'made', name), 'x');
    await store.add('b', entry('2'));
    await store.add('c', entry('3'));
    expect(names()).toEqual([...others, 'keys.json.2', 'keys.json.3'].sort());
  });

  test('leaves nothing behind where it cannot write', async () => {
    const store = file(path());
    await store.add('a', entry('1'));
    disk.full = true;
    await expect(store.add('b', entry('2'))).rejects.toMatchObject({ code: 'ENOSPC' });
    disk.full = false;
    expect(names()).toEqual(['keys.json.1']);
    expect(await store.add('b', entry('3'))).toMatchObject({ key: '3' });
  });

  test('drops what has expired, and drafts that somebody left', async () => {
    const store = file(path());
    await store.add('old', entry('1', -1));
    writeFileSync(join(folder, 'made', `keys.json.1.${crypto.randomUUID()}`), '{"half');
    expect(await store.get('old')).toBeUndefined();
    await store.add('b', entry('2'));
    await store.add('c', entry('3'));
    expect(names()).toEqual(['keys.json.2', 'keys.json.3']);
    expect(
      Object.keys(JSON.parse(readFileSync(join(folder, 'made', 'keys.json.3'), 'utf8')) as object),
    ).toEqual(['b', 'c']);
  });

  test('any name is a name', async () => {
    const store = file(path());
    for (const name of ['__proto__', 'constructor', '', 'ü/..\n']) {
      expect(await store.get(name)).toBeUndefined();
      expect(await store.add(name, entry(`of ${name}`))).toMatchObject({ key: `of ${name}` });
      expect(await file(path()).get(name)).toMatchObject({ key: `of ${name}` });
    }
  });

  test('many at once on several stores: one key for each operation, nothing lost', async () => {
    const stores = [1, 2, 3].map(() => file(path()));
    const operations = Array.from({ length: 20 }, (_, index) => `operation ${index}`);
    const added = await Promise.all(
      operations.map((operation) =>
        Promise.all(
          stores.map(async (store, index) => store.add(operation, entry(`${operation}, ${index}`))),
        ),
      ),
    );
    for (const [index, keys] of added.entries()) {
      expect(new Set(keys.map(({ key }) => key)).size, operations[index]).toBe(1);
      expect(await stores[0]!.get(operations[index]!)).toEqual(keys[0]);
    }
  });

  test('an edition whose number was given away before, by a look at the folder long ago, is void', async () => {
    const store = file(path());
    for (const key of ['1', '2', '3']) await store.add(key, entry(key));
    // Number 1 is free again: it has been swept.
    folderAsSeen.names = [];
    expect(await file(path()).add('1', entry('late'))).toMatchObject({ key: '1' });
    expect(names()).toEqual(['keys.json.2', 'keys.json.3']);
  });

  test('an edition that is swept while it is read is not missed', async () => {
    const store = file(path());
    for (const key of ['1', '2', '3']) await store.add(key, entry(key));
    folderAsSeen.names = ['keys.json.1'];
    expect(await store.get('3')).toMatchObject({ key: '3' });
  });

  test('fails where the file is damaged, or the folder cannot be used', async () => {
    const store = file(path());
    await store.add('a', entry('1'));
    writeFileSync(`${path()}.2`, '{"half');
    await expect(store.get('a')).rejects.toThrow(SyntaxError);
    await expect(store.add('b', entry('2'))).rejects.toThrow(SyntaxError);
    await expect(file(join(`${path()}.1`, 'below')).add('a', entry('1'))).rejects.toMatchObject({
      code: 'ENOTDIR',
    });
  });
});
