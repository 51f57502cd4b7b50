import type { Result } from './job.ts';
import type { ServerStats } from './server/ledger.ts';
import type { ResultKind } from './wire-watch.ts';

/** One client's run, as it happened. */
export interface Run {
  readonly client: string;
  readonly settings: string;
  /** Calls that were to be made. */
  readonly planned: { readonly users: number; readonly invoices: number };
  readonly users: readonly Result[];
  readonly invoices: readonly Result[];
  readonly elapsedMs: number;
  /** Absent for an API of one's own. */
  readonly server?: ServerStats;
}

/** How many calls ended in each way. */
type Tally = Readonly<Record<ResultKind | 'planned', number>>;

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** One client's run in numbers. */
export interface Summary {
  readonly client: string;
  readonly settings: string;
  readonly users: Tally;
  readonly invoices: Tally;
  readonly wrongAnswersAccepted: number;
  /** Counted by the server, or by the client where the server is not ours. */
  readonly requests: number;
  readonly server?: Omit<ServerStats, 'stored'> & {
    /** References with an invoice. */
    readonly storedInvoices: number;
    /** References with an invoice whose creation failed in the eyes of the client. */
    readonly storedThoughFailed: number;
    /** Created in the eyes of the client, and not stored. */
    readonly lostInvoices: number;
  };
  /** Duration of the finished calls, failed ones included, in milliseconds; absent when there were none. */
  readonly latencyMs?: Percentiles;
  readonly elapsedMs: number;
  /** Why calls failed, the commonest reason first. */
  readonly failures: { readonly users: readonly Failures[]; readonly invoices: readonly Failures[] };
}

/** Calls that failed for the same reason. */
export interface Failures {
  readonly reason: string;
  readonly count: number;
}

export function summarize({ client, settings, planned, users, invoices, elapsedMs, server }: Run): Summary {
  const results = [...users, ...invoices];
  const latencyMs = percentiles(
    results.filter(({ kind }) => kind !== 'interrupted').map((r) => r.durationMs),
  );
  return {
    client,
    settings,
    users: tally(users, planned.users),
    invoices: tally(invoices, planned.invoices),
    wrongAnswersAccepted: results.filter(({ kind }) => kind === 'wrong').length,
    requests: server?.requests ?? results.reduce((sum, { attempts }) => sum + attempts, 0),
    ...(server && { server: compare(server, invoices) }),
    ...(latencyMs && { latencyMs }),
    elapsedMs,
    failures: { users: reasons(users), invoices: reasons(invoices) },
  };
}

/** Percentiles by nearest rank: each is a value that occurred. */
export function percentiles(values: readonly number[]): Percentiles | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function tally(results: readonly Result[], planned: number): Tally {
  const counts = { planned, right: 0, wrong: 0, failed: 0, interrupted: 0 };
  for (const { kind } of results) counts[kind]++;
  return counts;
}

function compare(
  { stored, ...counts }: ServerStats,
  invoices: readonly Result[],
): Required<Summary>['server'] {
  const inStore = ({ subject }: Result): boolean => stored[subject] !== undefined;
  return {
    ...counts,
    storedInvoices: Object.keys(stored).length,
    storedThoughFailed: invoices.filter((result) => result.kind === 'failed' && inStore(result)).length,
    lostInvoices: invoices.filter((result) => result.kind === 'right' && !inStore(result)).length,
  };
}

function reasons(results: readonly Result[]): Failures[] {
  const counts = new Map<string, number>();
  for (const { reason } of results) if (reason) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .toSorted((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}
