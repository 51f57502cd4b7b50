import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { lineOf, scriptedWire, type ScriptedWire, virtualClock } from '@kyhooks/testing';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { documents, type Example, examplesOf, root, server } from './examples.ts';

// Ignored by git, and below this package: the imports of the examples resolve as its own do.
const dist = join(root, 'packages/testing/dist');
mkdirSync(dist, { recursive: true });
// Of its own for each run: another one may be on.
const folder = mkdtempSync(join(dist, 'examples-'));

const examples = documents
  .flatMap(examplesOf)
  .map((example) => Object.assign(example, { file: fileOf(example) }));

for (const { file, line, code } of examples) {
  mkdirSync(dirname(file), { recursive: true });
  // Blank lines first: the lines that the compiler names are the document's. The export makes it a module.
  writeFileSync(file, `${'\n'.repeat(line)}${code}\nexport {};\n`);
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test('there are examples in every place', () => {
  expect(documents).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/architecture.md',
      'docs/guide/concepts.md',
      'docs/guide/getting-started.md',
      'docs/guide/observability.md',
      'docs/guide/write-your-own-layer.md',
      'docs/index.md',
      'packages/core/README.md',
      'packages/idempotency/README.md',
      'packages/otel/README.md',
      'packages/rate-limit/README.md',
      'packages/retry/README.md',
      'packages/timeout/README.md',
    ]),
  );
  const files = examples.map(({ file }) => file);
  expect(new Set(files).size, 'two fences of a document have one name').toBe(files.length);
});

test('links to files lead to files', () => {
  const broken = documents
    .filter((document) => !document.startsWith('docs/')) // the site's build checks its own
    .flatMap((document) =>
      [...readFileSync(join(root, document), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
        ([, target]) => join(dirname(document), target!),
      ),
    )
    .filter((path) => !existsSync(join(root, path)));
  expect(broken).toEqual([]);
});

test('all compile', { timeout: 60_000 }, () => {
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../../../tsconfig.json', include: ['.'] }),
  );
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stdout + stderr).toBe('');
});

test('there is no code in a fence that nobody compiles', () => {
  const languages = documents.flatMap((document) =>
    Array.from(readFileSync(join(root, document), 'utf8').matchAll(/^```(\w+)/gm)),
  );
  const known = new Set(['ts', 'sh', 'json', 'http', 'text']);
  expect(languages.map(([, language]) => language!).filter((language) => !known.has(language))).toEqual([]);
});

describe('prints what the text says', () => {
  for (const { document, line, file, output } of marked('run')) {
    test(`${document}:${line}`, async () => {
      if (output === undefined) throw new Error('The text does not say what is printed');
      expect(comparable(await run(file))).toEqual(comparable(output));
    });
  }
});

describe('passes as a test', () => {
  for (const { document, line, file } of marked('test')) {
    test(`${document}:${line}`, { timeout: 60_000 }, () => {
      // The marks of this run would make the other one report to it.
      const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        ['--test', '--test-isolation=none', file],
        {
          encoding: 'utf8',
          env,
          timeout: 30_000,
        },
      );
      expect(status, stdout + stderr).toBe(0);
      expect(stdout).toMatch(/pass [1-9]/);
    });
  }
});

function marked(word: string): typeof examples {
  return examples.filter(({ info }) => info.split(' ').includes(word));
}

/** Where an example is written to be compiled and run. */
function fileOf({ document, name }: Example): string {
  return join(folder, document.replace(/\.md$/, '').replaceAll('/', '-'), name);
}

/** Runs an example, and gives what it has printed. */
async function run(file: string): Promise<string> {
  using clock = virtualClock();
  const wires = new Map<string, ScriptedWire>();
  vi.stubGlobal('fetch', (input: Request, init?: RequestInit) => {
    const line = lineOf(input);
    let wire = wires.get(line);
    if (!wire) wires.set(line, (wire = scriptedWire(clock, { replies: server[line] ?? [{ status: 404 }] })));
    return wire.fetch(input, init);
  });
  const printed: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((...values) => void printed.push(format(...values)));

  const ran = import(pathToFileURL(file).href);
  let over = false;
  const done = (): void => void (over = true);
  ran.then(done, done);
  // While the module is still loading there may be no timer at all: `finish()` would give up.
  while (!over && clock.elapsedMs < 600_000) await clock.advance(10);
  if (!over) throw new Error('The example does not come to an end');
  await ran;
  await clock.settle();
  return printed.join('\n');
}

/** Without what differs from run to run by design; of JSON the values, not the order of the members. */
function comparable(output: string): unknown {
  if (!output.startsWith('{\n')) return output.trim();
  return JSON.parse(output, (key, value: unknown) =>
    ['id', 'startTimeMs', 'kyhooks.call.id'].includes(key) ? typeof value : value,
  );
}
