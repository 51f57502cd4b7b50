// Mutation tests: faults are planted one by one, and a test has to notice each. `npm run mutation -- retry` plants them
// in a package, `-- retry why-safe.ts` in one file of it; `npm run proof -- --part mutation` in all packages below.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const own = (name: string): string => `packages/${name}/test/*.test.ts`;
const suites = (...names: readonly string[]): string[] =>
  names.map((name) => `packages/testing/test/${name}.test.ts`);

export type MutatedPackage =
  | 'timeout'
  | 'retry'
  | 'rate-limit'
  | 'auth'
  | 'idempotency'
  | 'schema'
  | 'otel'
  | 'log'
  | 'result'
  | 'fetch'
  | 'core';

/**
 * The packages that are mutated, and the tests that are to notice. They run in Node on the virtual clock: what needs
 * sockets or a Redis would take hours. So `src/redis` of rate-limit is left out.
 */
const tests: Readonly<Record<MutatedPackage, string[]>> = {
  timeout: [own('timeout'), ...suites('deadline-and-retry')],
  retry: [own('retry'), ...suites('deadline-and-retry')],
  'rate-limit': [own('rate-limit')],
  auth: [own('auth'), ...suites('auth')],
  idempotency: [own('idempotency')],
  schema: [own('schema')],
  otel: [own('otel'), ...suites('otel-context.node')],
  log: [own('log')],
  result: [own('result')],
  fetch: [own('fetch')],
  core: [own('core'), own('retry'), own('timeout'), ...suites('ends', 'ky')],
};
export const mutatedPackages: readonly MutatedPackage[] = Object.keys(tests) as MutatedPackage[];

/** How many mutants of a package came to which end. */
export interface Mutation {
  readonly killed: number;
  readonly timedOut: number;
  readonly survived: number;
  readonly noCoverage: number;
  /** Share of the mutants that were noticed, in percent. */
  readonly score: number;
}

/** Mutates a package, or some files of its `src`. What an earlier run found out, and nothing has changed since, is kept. */
export async function mutate(
  name: MutatedPackage,
  files: readonly string[] = ['**/*.ts', '!redis/**'],
): Promise<Mutation> {
  process.chdir(root);
  // Not by Stryker's `testFiles`: it then activates what runs on import too late, and finds such mutants to survive.
  process.env['MUTATION_TESTS'] = tests[name].join(',');
  const cache = 'node_modules/.cache/mutation';
  const known = `${cache}/${name}-${surroundings(name)}.json`;
  forgetUnnoticedOnImport(known);
  const mutants = await new Stryker({
    mutate: files.map((file) => file.replace(/^(!?)/, `$1packages/${name}/src/`)),
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'tooling/vitest.mutation.config.ts', related: false },
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: known,
    tempDirName: `${cache}/sandbox`,
    ignorePatterns: ['dist', '.turbo', 'docs'],
    disableTypeChecks: false,
    concurrency: 2,
    reporters: ['progress-append-only', 'clear-text', 'html'],
    clearTextReporter: { reportTests: false, logTests: false, allowColor: false },
    htmlReporter: { fileName: `${cache}/${name}.html` },
  }).runMutationTest();

  const count = (...ends: string[]): number => mutants.filter(({ status }) => ends.includes(status)).length;
  const noticed = count('Killed', 'Timeout');
  return {
    killed: count('Killed'),
    timedOut: count('Timeout'),
    survived: count('Survived'),
    noCoverage: count('NoCoverage'),
    score: (100 * noticed) / (noticed + count('Survived', 'NoCoverage')),
  };
}

interface Report {
  readonly files: Readonly<
    Record<string, { mutants: { readonly status: string; readonly static?: boolean }[] }>
  >;
}

/** Stryker cannot tell which tests see what runs on import, and would not try such a mutant again for a new test. */
function forgetUnnoticedOnImport(file: string): void {
  if (!existsSync(file)) return;
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  for (const one of Object.values(report.files))
    one.mutants = one.mutants.filter((mutant) => !(mutant.static && mutant.status === 'Survived'));
  writeFileSync(file, JSON.stringify(report));
}

/**
 * A mark of what Stryker does not compare: it looks for changes in the mutated files and the test files, and knows
 * nothing of the helpers of the tests and of the other packages.
 */
function surroundings(name: MutatedPackage): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const near = [...mutatedPackages, 'testing'].flatMap((one) => [
    `packages/${one}/src/*`,
    `packages/${one}/test/*`,
  ]);
  const compared = [`:!packages/${name}/src/*`, ':!packages/*/test/*.test.ts'];
  const elsewhere = ['pnpm-lock.yaml', 'tooling/*mutation*', ...near, ...compared];
  const hash = createHash('sha256').update(git('ls-files', '--stage', '--', ...elsewhere));
  hash.update(git('diff', '--', ...elsewhere));
  return hash.digest('hex').slice(0, 8);
}

if (import.meta.main) {
  const [name, ...files] = process.argv.slice(2);
  if (!mutatedPackages.includes(name as MutatedPackage)) {
    console.error(`Name a package, and files of it if you like. The packages: ${mutatedPackages.join(', ')}`);
    process.exit(1);
  }
  console.log(await mutate(name as MutatedPackage, files.length > 0 ? files : undefined));
}
