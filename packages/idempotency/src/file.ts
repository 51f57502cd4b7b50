import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { createStore } from './store.ts';
import { alive, type OperationStore, type StoredKey } from './stored-key.ts';

type Entries = Readonly<Record<string, StoredKey>>;

/** The file as it was at some time. */
interface Edition {
  readonly number: number;
  readonly entries: Entries;
}

/**
 * A store in a file, for Node: it outlives the process, also one that was killed, and several processes share it.
 *
 * A change writes the file anew, whole, as its next *edition* (`keys.json.18` behind `keys.json.17`), which gets its
 * name when it is complete and on the disk. A name is given once: of several processes one wins, the others read again.
 * So nobody reads half a file, and nobody who dies holds a lock.
 *
 * @param path of the file, without the number of the edition; its folder is made where it is missing. The file system
 * must know hard links.
 *
 * @example
 * ```ts
 * import { idempotency } from '@kyhooks/idempotency';
 * import { file } from '@kyhooks/idempotency/file';
 *
 * const api = ky.extend(idempotency({ store: file('/var/lib/billing/keys.json') }));
 * ```
 */
export function file(path: string): OperationStore {
  let turn: Promise<unknown> = Promise.resolve();
  /** Edits the entries, one edit after the other: this process need not race against itself. */
  const edit = (edited: (entries: Entries) => Entries | undefined): Promise<Entries> => {
    const done = turn.then(() => publish(path, edited));
    turn = done.catch(() => undefined);
    return done;
  };
  return createStore({
    get: async (operation) => own((await newest(path)).entries, operation),
    add: async (operation, entry) => {
      const entries = await edit((all) => (own(all, operation) ? undefined : { ...all, [operation]: entry }));
      return entries[operation]!;
    },
    delete: async (operation) => {
      await edit(({ [operation]: entry, ...others }) => (entry ? others : undefined));
    },
  });
}

function own(entries: Entries, operation: string): StoredKey | undefined {
  return Object.hasOwn(entries, operation) ? alive(entries[operation]) : undefined;
}

/** Publishes the next edition, until one is ours or nothing is left to edit; gives the entries as they are then. */
async function publish(path: string, edited: (entries: Entries) => Entries | undefined): Promise<Entries> {
  for (;;) {
    const { number, entries } = await newest(path);
    const next = edited(entries);
    if (!next) return entries;
    if (await put(path, number + 1, next)) return next;
  }
}

async function newest(path: string): Promise<Edition> {
  for (;;) {
    const number = Math.max(0, ...(await editions(path)));
    if (number === 0) return { number, entries: {} };
    try {
      return { number, entries: JSON.parse(await readFile(`${path}.${number}`, 'utf8')) as Entries };
    } catch (error) {
      // A newer one has come, and this one is gone.
      if (!isCode(error, 'ENOENT')) throw error;
    }
  }
}

/** Writes an edition; `false` where somebody else was quicker. */
async function put(path: string, number: number, entries: Entries): Promise<boolean> {
  const live = Object.entries(entries).filter(([, entry]) => alive(entry));
  const draft = `${path}.${number}.${randomUUID()}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(JSON.stringify(Object.fromEntries(live)));
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await publishes(draft, `${path}.${number}`))) return false;
  } finally {
    await remove(draft);
  }
  // Where this number was given away before, and its edition removed since, there is a higher one: ours is void.
  if (Math.max(...(await editions(path))) > number) {
    await remove(`${path}.${number}`);
    return false;
  }
  await syncFolder(dirname(path));
  await sweep(path, number - 1);
  return true;
}

/** Gives a draft its name, unless the name is given already. */
async function publishes(draft: string, name: string): Promise<boolean> {
  try {
    await link(draft, name);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST', 'ENOENT')) return false;
    throw error;
  }
}

/** The numbers of the editions that there are. */
async function editions(path: string): Promise<number[]> {
  return (await names(path)).filter((rest) => !rest.includes('.')).map(Number);
}

/** An edition's number, or that and the random part of a draft: what somebody else has put there is left alone. */
const ours = /^[1-9]\d*(?:\.[\da-f-]{36})?$/;

/** What follows the path in the names of its editions and drafts. */
async function names(path: string): Promise<string[]> {
  const start = `${basename(path)}.`;
  try {
    const all = await readdir(dirname(path));
    const rests = all.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
    return rests.filter((rest) => ours.test(rest));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Removes the editions before this one, and drafts that somebody left when dying. */
async function sweep(path: string, before: number): Promise<void> {
  for (const rest of await names(path)) {
    if (Number.parseInt(rest, 10) < before) await remove(`${path}.${rest}`);
  }
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

/** Puts the new name on the disk too; not every system lets a folder be opened for that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
