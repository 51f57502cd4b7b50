import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { networkError, type Reply } from '@kyhooks/testing';

/**
 * The examples of the README files and of the site. A fence's info string says what is done with it:
 *
 * - `ts`: compiled, with the strict settings of the repository
 * - `ts run`: run as well, against `server` below; what it prints is what stands behind `// →`, or in
 *   the fence marked `output` that follows
 * - `ts test`: run as well, by `node --test`
 * - `[name.ts]`: the name under which other fences of the same document can import it
 */
export interface Example {
  readonly document: string;
  /** Line of the document on which the fence opens. */
  readonly line: number;
  readonly info: string;
  readonly code: string;
  /** What it must print; `undefined` where the text does not say. */
  readonly output: string | undefined;
  /** Its own name, or one made of its line. */
  readonly name: string;
}

export const root: string = fileURLToPath(new URL('../../../', import.meta.url));

export const documents: readonly string[] = globSync(['README.md', 'packages/*/README.md', 'docs/**/*.md'], {
  cwd: root,
  exclude: (path) => /(?:^|\/)(?:node_modules|api|\.vitepress)$/.test(path),
}).sort();

/** What the example server answers to each line, in this order; the last reply serves all requests behind it. */
export const server: Readonly<Record<string, readonly Reply[]>> = {
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

/** All examples of a document, in their order. */
export function examplesOf(document: string): Example[] {
  const markdown = readFileSync(join(root, document), 'utf8');
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
        name: /\[(.+)\]/.exec(info)?.[1] ?? `line-${line}.ts`,
      },
    ];
  });
}
