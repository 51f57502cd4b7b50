import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * What the compiler takes for a client of 200 routes with a call each: typed by its routes, and with the types written
 * at each call. Run it by `node packages/testing/bench/checker-time.ts`; read the ratio.
 */
const routes = 200;
const rounds = 9;
const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = fileURLToPath(new URL('../node_modules/.cache/checker-time/', import.meta.url));

const schemas = `import ky from 'ky';
import * as v from 'valibot';
const User = v.object({ id: v.number(), name: v.string(), tags: v.array(v.string()) });
const Draft = v.object({ name: v.string(), tags: v.optional(v.array(v.string()), []) });
const Problem = v.object({ title: v.string(), status: v.number() });
`;
const numbers = Array.from({ length: routes / 2 }, (_, index) => index);

const programs: Readonly<Record<string, string>> = {
  'by hand': `${schemas}
const api = ky.create({ baseUrl: 'https://api.example.com/' });
${numbers
  .map(
    (
      n,
    ) => `export const r${n} = await api.get('v1/r${n}/1', { searchParams: { page: 1 } }).json<v.InferOutput<typeof User>>();
export const c${n} = await api.post('v1/r${n}', { json: { name: '' } satisfies v.InferInput<typeof Draft> }).json<v.InferOutput<typeof User>>();`,
  )
  .join('\n')}
`,
  'by routes': `${schemas}import { typed } from '@kyhooks/schema';
const api = typed(ky.create({ baseUrl: 'https://api.example.com/' }), {
${numbers
  .map(
    (n) => `  'GET /v1/r${n}/:id': { search: v.object({ page: v.number() }), 200: User, default: Problem },
  'POST /v1/r${n}': { body: Draft, 201: User, 409: Problem, default: Problem },`,
  )
  .join('\n')}
});
${numbers
  .map(
    (
      n,
    ) => `export const r${n} = await api.get('/v1/r${n}/:id', { params: { id: 1 }, searchParams: { page: 1 } }).json();
export const c${n} = await api.post('/v1/r${n}', { json: { name: '' } }).json();`,
  )
  .join('\n')}
`,
};

/** Milliseconds in the checker, and types that it made. */
function check(name: string): { readonly timeMs: number; readonly types: number } {
  const output = execFileSync(
    `${root}node_modules/.bin/tsc`,
    ['-p', `${folder}${name}`, '--extendedDiagnostics'],
    {
      encoding: 'utf8',
    },
  );
  const figure = (label: string): number =>
    Number(new RegExp(`^${label}:\\s+([\\d.]+)`, 'm').exec(output)?.[1]);
  return { timeMs: figure('Check time') * 1_000, types: figure('Types') };
}

const names = Object.keys(programs).map((title) => ({ title, name: title.replace(' ', '-') }));
for (const { title, name } of names) {
  mkdirSync(folder + name, { recursive: true });
  writeFileSync(`${folder}${name}/index.ts`, programs[title]!);
  const config = {
    extends: `${root}tsconfig.json`,
    compilerOptions: { types: [], isolatedDeclarations: false, declaration: false },
    include: ['index.ts'],
  };
  writeFileSync(`${folder}${name}/tsconfig.json`, JSON.stringify(config));
}
const taken = names.map(() => [] as number[]);
const types: number[] = [];
for (let round = 0; round < rounds; round++) {
  for (const [index, { name }] of names.entries()) {
    const found = check(name);
    taken[index]!.push(found.timeMs);
    types[index] = found.types;
  }
}
rmSync(folder, { recursive: true });

const medians = taken.map((all) => all.sort((a, b) => a - b)[Math.floor(rounds / 2)]!);
for (const [index, { title }] of names.entries()) {
  const ratio = (medians[index]! / medians[0]!).toFixed(2);
  console.log(
    `${routes} calls typed ${title}: ${medians[index]!.toFixed(0)} ms in the checker (${ratio}), ${types[index]} types`,
  );
}
