import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { format } from 'node:util';
import {
  lineOf,
  networkError,
  type Reply,
  scriptedWire,
  type ScriptedWire,
  virtualClock,
} from '@kyhooks/testing';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';

/**
 * The examples of the README files and of the site. A fence's info string says what is done with it:
 *
 * - `ts`: compiled, with the strict settings of the repository
 * - `ts run`: run as well, on a virtual clock against `server` below; what it prints is what stands behind `// →`, or in
 *   the fence marked `output` that follows
 * - `ts test`: run as well, by `node --test`
 * - `[name.ts]`: the name under which other fences of the same document can import it
 */
interface Example {
  readonly document: string;
  /** Line of the document on which the fence opens. */
  readonly line: number;
  readonly info: string;
  readonly code: string;
  /** What it must print; `undefined` where the text does not say. */
  readonly output: string | undefined;
  /** Where it is written to be compiled and run. */
  readonly file: string;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
// Ignored by git, and below this package: the imports of the examples resolve as its own do.
const dist = join(root, 'packages/testing/dist');
mkdirSync(dist, { recursive: true });
// Of its own for each run: another one may be on.
const folder = mkdtempSync(join(dist, 'examples-'));

/** What the example server answers to each line, in this order; the last reply serves all requests behind it. */
const server: Readonly<Record<string, readonly Reply[]>> = {
  'GET /v1/users/42': [
    { status: 503, afterMs: 20 },
    { json: { id: 42, name: 'Ada' }, afterMs: 30 },
  ],
  'GET /v1/users/43': [{ json: { id: 43, name: 'Grace' }, afterMs: 30 }],
  'GET /v1/users/43?sig=abc': [{ json: { id: 43, name: 'Grace' }, afterMs: 30 }],
  'GET /v1/users/44': [{ json: { id: '44', name: 'Edsger' }, afterMs: 30 }],
  'PUT /v1/users/43': [{ status: 409, json: { by: 'Ada' } }],
  'GET /v1/users/99': [
    {
      status: 404,
      json: { code: 'no_such_user', message: 'There is no user 99', request_id: 'r-1' },
    },
  ],
  'GET /v1/users': [
    {
      json: [
        { id: 42, name: 'Ada' },
        { id: 43, name: 'Grace' },
      ],
      headers: { link: '</v1/users?page=2>; rel="next"' },
    },
  ],
  'GET /v1/users?page=2': [{ json: [{ id: 44, name: 'Edsger' }] }],
  'GET /v1/invoices': [{ json: { invoices: [{ id: 1 }], next: 'b' } }],
  'GET /v1/invoices?after=b': [{ json: { invoices: [{ id: 2 }], next: null } }],
  'GET /v1/me': [{ status: 401, afterMs: 10 }, { json: { name: 'Ada' } }],
  'GET /v1/orders': [{ status: 401, afterMs: 20 }, { json: ['a', 'b'] }],
  'GET /v1/revoked': [{ status: 401 }],
  'POST /v1/token': [{ json: { token: 'new' }, afterMs: 30 }],
  'GET /v1/busy': [{ status: 503, afterMs: 20 }],
  'PUT /v1/busy': [{ status: 503, afterMs: 20 }],
  'GET /v1/limited': [{ status: 429, headers: { 'retry-after': '2' } }, { json: 'through' }],
  'GET /v1/closed': [{ status: 429, headers: { 'retry-after': '120' } }],
  'GET /v1/hangs': [{ hang: true }],
  'GET /v1/stalls': [{ json: { id: 1 }, stall: true }],
  'POST /v1/invoices': [{ status: 503, afterMs: 20 }],
  'POST /v1/payments': [
    { error: networkError('ECONNRESET'), afterMs: 20 },
    { status: 201, json: { id: 'pay_1' }, headers: { 'idempotent-replayed': 'true' }, afterMs: 20 },
  ],
  'POST /v1/orders': [{ status: 201, json: { id: 'ord_1' } }],
  'POST /v1/refunds': [{ status: 422, json: { title: 'Idempotency-Key is already used' } }],
};

const documents = globSync(['README.md', 'packages/*/README.md', 'docs/**/*.md'], {
  cwd: root,
  exclude: (path) => /(?:^|\/)(?:node_modules|api|\.vitepress)$/.test(path),
}).sort();
const examples = documents.flatMap(examplesOf);

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
      expect(output, 'the text says what is printed').toBeDefined();
      expect(comparable(await run(file))).toEqual(comparable(output!));
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

function marked(word: string): Example[] {
  return examples.filter(({ info }) => info.split(' ').includes(word));
}

function examplesOf(document: string): Example[] {
  const markdown = readFileSync(join(root, document), 'utf8');
  const name = document.replace(/\.md$/, '').replaceAll('/', '-');
  const fences = [...markdown.matchAll(/^```(\w+)(.*)\n([^]*?)^```$/gm)].map(
    ({ 1: language = '', 2: info = '', 3: code = '', index }) => ({
      language,
      info: info.trim(),
      code,
      line: markdown.slice(0, index).split('\n').length,
    }),
  );
  return fences.flatMap(({ language, info, code, line }, position): Example[] => {
    if (language !== 'ts') return [];
    const next = fences[position + 1];
    const arrows = [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, text]) => text);
    const following = next?.info.split(' ').includes('output') ? next.code.trimEnd() : undefined;
    return [
      {
        document,
        line,
        info,
        code,
        output: arrows.length > 0 ? arrows.join('\n') : following,
        file: join(folder, name, /\[(.+)\]/.exec(info)?.[1] ?? `line-${line}.ts`),
      },
    ];
  });
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
