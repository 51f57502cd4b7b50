import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a part came to. */
export interface Outcome {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  readonly facts: readonly (readonly [what: string, measured: string])[];
  readonly pictures: readonly { readonly title: string; readonly svg: string }[];
  /** Why the claim does not hold; absent where it does. */
  readonly error?: string;
}

interface State {
  /** The source that was proved, and the seed. */
  readonly of: string;
  readonly outcomes: readonly Outcome[];
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const file = `${root}node_modules/.cache/proof.json`;

/** The commit, and a mark of what was changed since. */
export function sourceNow(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const changes = git('diff', 'HEAD') + git('ls-files', '--others', '--exclude-standard');
  const mark = changes && `+${createHash('sha256').update(changes).digest('hex').slice(0, 8)}`;
  return git('rev-parse', '--short', 'HEAD').trim() + mark;
}

/** What an earlier run of the same source and seed has finished. */
export function load(of: string): readonly Outcome[] {
  if (!existsSync(file)) return [];
  const state = JSON.parse(readFileSync(file, 'utf8')) as State;
  return state.of === of ? state.outcomes : [];
}

/** Kept after each part: an interrupted run goes on with `--resume`. */
export function save(of: string, outcomes: readonly Outcome[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ of, outcomes } satisfies State));
}
