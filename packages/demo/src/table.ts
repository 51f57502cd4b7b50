import Table from 'cli-table3';
import pc from 'picocolors';
import type { Failures, Summary } from './summary.ts';
import { count, duration, share } from './words.ts';

type Row = readonly [label: string, cell: (summary: Summary) => string | undefined];

const topFailures = 5;

const rows: readonly Row[] = [
  ['users: right answers', ({ users }) => ifAny(users.planned, pc.bold(share(users.right, users.planned)))],
  [
    'invoices: right answers',
    ({ invoices }) => ifAny(invoices.planned, pc.bold(share(invoices.right, invoices.planned))),
  ],
  ['wrong answers accepted', ({ server, wrongAnswersAccepted }) => server && bad(wrongAnswersAccepted)],
  ['failed', ({ users, invoices }) => bad(users.failed + invoices.failed)],
  ['interrupted or not begun', (summary) => ifAny(missing(summary), bad(missing(summary)))],
  ['requests the server got', ({ server, requests }) => server && count(requests)],
  ['requests sent', ({ server, requests }) => (server ? undefined : count(requests))],
  ['duplicate writes on server', ({ server }) => server && bad(server.duplicateWrites)],
  ['copies known by their key', ({ server }) => server && count(server.copiesKnown)],
  ['invoices lost', ({ server }) => server && bad(server.lostInvoices)],
  ['failed, stored all the same', ({ server }) => server && bad(server.storedThoughFailed)],
  ['p50 per call', ({ latencyMs }) => latencyMs && duration(latencyMs.p50)],
  ['p95 per call', ({ latencyMs }) => latencyMs && duration(latencyMs.p95)],
  ['p99 per call', ({ latencyMs }) => latencyMs && duration(latencyMs.p99)],
  ['time', ({ elapsedMs }) => duration(elapsedMs)],
  ['why users failed', ({ failures }) => inLines(failures.users)],
  ['why invoices failed', ({ failures }) => inLines(failures.invoices)],
];

/** The runs side by side. A row that says nothing for any of them is left out. */
export function table(summaries: readonly Summary[]): string {
  const shown = new Table({
    head: ['', ...summaries.map(({ client }) => pc.bold(client))],
    style: { head: [], border: [], compact: true },
  });
  for (const [label, cell] of rows) {
    const cells = summaries.map(cell);
    if (cells.some((content) => content !== undefined)) {
      shown.push([label, ...cells.map((content) => content ?? '–')]);
    }
  }
  return shown.toString();
}

/** What ought to be zero. */
function bad(value: number): string {
  return value === 0 ? pc.green('0') : pc.red(count(value));
}

function ifAny<Value>(number: number, value: Value): Value | undefined {
  return number > 0 ? value : undefined;
}

function missing({ users, invoices }: Summary): number {
  return [users, invoices].reduce(
    (sum, { planned, right, wrong, failed }) => sum + planned - right - wrong - failed,
    0,
  );
}

function inLines(failures: readonly Failures[]): string | undefined {
  const lines = failures
    .slice(0, topFailures)
    .map(({ reason, count: times }) => `${count(times)} × ${reason}`);
  const others = failures.slice(topFailures).reduce((sum, { count: times }) => sum + times, 0);
  if (others > 0) lines.push(`${count(others)} × other`);
  return lines.join('\n') || undefined;
}
