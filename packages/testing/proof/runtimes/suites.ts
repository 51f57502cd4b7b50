// Runs in the runtime: the suites with Vitest's own describe, test, expect and vi, and without the rest of Vitest.
import type { RunnerTask } from 'vitest';
import { setSafeTimers, startTests } from 'vitest/internal/browser';
import { differences } from './differences.ts';
import type { Failure, Report } from './report.ts';

// Firefox ESR does not have these yet; the bundle's `using` then takes such ones.
for (const name of ['dispose', 'asyncDispose']) {
  if (!(name in Symbol)) Object.assign(Symbol, { [name]: Symbol.for(`Symbol.${name}`) });
}

const config = {
  root: '/',
  sequence: { hooks: 'stack', setupFiles: 'list', concurrent: false },
  // The tests stand on a virtual clock: what takes longer hangs.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  maxConcurrency: 1,
  setupFiles: [],
  tags: [],
};

/** Runs all suites, one after the other in one realm, and sends the report. */
export async function runSuites(
  suites: Readonly<Record<string, () => Promise<unknown>>>,
  url: string,
): Promise<void> {
  const alive = setInterval(() => undefined, 1_000); // Vitest's own timers let a Node go whose test hangs
  setSafeTimers(); // Vitest's own timers stay real under a virtual clock
  Object.assign(globalThis, { __vitest_worker__: { config, ctx: {} } });
  const { expect } = await import('vitest'); // workerd allows nothing of what it does before a request
  expect.extend({ toMatchInlineSnapshot });
  const runner = { config, importFile: (file: string) => suites[file]!() };
  let passed = 0;
  const failures: Failure[] = [];
  for (const file of Object.keys(suites)) {
    const [root] = await startTests([file], runner as never);
    visit(root!, file);
  }
  const differs = [];
  for (const difference of differences) if (await difference.shows()) differs.push(difference.reason);
  clearInterval(alive);
  await fetch(url, { method: 'POST', body: JSON.stringify({ passed, failures, differs } satisfies Report) });

  function visit(task: RunnerTask, name: string): void {
    const children = task.type === 'suite' ? task.tasks : [];
    const errors = task.result?.errors ?? [];
    if (errors.length > 0 || (children.length === 0 && task.result?.state !== 'pass')) {
      failures.push({
        test: name,
        message: errors[0] ? `${errors[0].message}\n${errors[0].diff ?? errors[0].stack}` : 'It was not run',
      });
    } else if (task.type === 'test') passed++;
    for (const child of children) visit(child, `${name} > ${child.name}`);
  }
}

/** Vitest's own keeps snapshots in files too. */
function toMatchInlineSnapshot(
  received: string,
  snapshot: string,
): {
  pass: boolean;
  message: () => string;
  actual: string;
  expected: string;
} {
  const [, margin = ''] = /^\n( *)/.exec(snapshot) ?? [];
  const expected = snapshot.trim().split(`\n${margin}`).join('\n');
  return {
    pass: expected === `"${received}"`,
    message: () => 'the snapshot is another',
    actual: received,
    expected,
  };
}
