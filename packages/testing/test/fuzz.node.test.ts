import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { corpusOf, fuzz, FuzzError, type Subject } from '../proof/fuzz/subject.ts';
import { readNothing, subjects } from '../proof/fuzz/subjects.ts';
import fc from 'fast-check';

// A busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const packages = fileURLToPath(new URL('../../', import.meta.url));
const manifest = (name: string): { readonly private?: true; readonly exports?: object } =>
  JSON.parse(readFileSync(`${packages}${name}/package.json`, 'utf8'));

describe('the corpus, and a few inputs drawn anew', () => {
  test.each(subjects.map((subject) => [subject.name, subject] as const))('%s', async (name, subject) => {
    const runs = name.startsWith('hostile') ? 30 : 100;
    await expect(fuzz(subject, { runs, seed: 1 })).resolves.toBeUndefined();
  });

  test('each reader of text has a corpus', () => {
    const without = subjects.filter((subject) => corpusOf(subject).length === 0).map(({ name }) => name);
    expect(without.filter((name) => !name.startsWith('options-'))).toEqual([]);
  });

  test('no file of the corpus belongs to nobody', () => {
    const files = readdirSync(new URL('../proof/fuzz/corpus/', import.meta.url));
    expect(files.filter((file) => !subjects.some(({ name }) => `${name}.json` === file))).toEqual([]);
  });
});

describe('nothing is left out', () => {
  test('each entry of core with readers in it', () => {
    const entries = Object.keys(manifest('core').exports!).filter(
      (entry) => !/^\.$|package\.json/.test(entry),
    );
    const fuzzed = new Set(subjects.flatMap(({ entries: own = [] }) => own));
    expect(entries.filter((entry) => !fuzzed.has(entry) && !(entry in readNothing))).toEqual([]);
    expect(Object.keys(readNothing).filter((entry) => fuzzed.has(entry))).toEqual([]);
  });

  test('the options of each package that has some', () => {
    const withOptions = readdirSync(packages).filter(
      (name) => !manifest(name).private && existsSync(`${packages}${name}/src/options.ts`),
    );
    const source = readFileSync(`${packages}testing/proof/fuzz/factories.ts`, 'utf8');
    expect(withOptions.filter((name) => !source.includes(`from '@kyhooks/${name}'`))).toEqual([]);
  });
});

describe('a fault is found', () => {
  const subject = (check: (value: string) => void): Subject => ({
    name: 'none',
    inputs: fc.tuple(fc.string()),
    check,
  });

  test('a throw out of turn, with the seed and the smallest input', async () => {
    const strict = subject((value) => {
      if (value.length > 2) throw new Error('too long');
    });
    const error = await fuzz(strict, { runs: 100, seed: 7 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FuzzError);
    expect((error as FuzzError).input[0]).toHaveLength(3);
    expect((error as FuzzError).message).toMatch(/seed 7/);
  });

  test('a prototype that is written to', async () => {
    const polluting = subject(() => Object.assign(Object.prototype, { polluted: true }));
    try {
      await expect(fuzz(polluting, { runs: 1, seed: 1 })).rejects.toThrow(FuzzError);
    } finally {
      delete (Object.prototype as { polluted?: unknown }).polluted;
    }
  });
});
