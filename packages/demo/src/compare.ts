import type { Drift } from '@kyhooks/schema';
import {
  type Bounds,
  type Client,
  defaultBounds,
  demoBounds,
  kyWithToolkit,
  plainKy,
  plainKyRetryingPosts,
} from './clients.ts';
import { FlakyApi } from './flaky-api.ts';
import { type Result, runJob, type Task } from './job.ts';
import { Live } from './live.ts';
import { LimiterWatch } from './limiter-watch.ts';
import type { Options } from './options.ts';
import type { Progress } from './progress.ts';
import type { Story } from './story.ts';
import { type Summary, summarize } from './summary.ts';
import { createInvoices, readTarget, readUsers } from './tasks.ts';
import { type Delivery, telemetryTo } from './telemetry.ts';

/** What the demo found. */
export interface Comparison {
  /** Of each client that was begun with. */
  readonly summaries: readonly Summary[];
  /** Of the same clients. */
  readonly stories: readonly Story[];
  /** What became of the traces, where they were to be sent. */
  readonly traces?: Delivery;
}

/** The calls of one client. */
interface Plan {
  readonly users: readonly Task[];
  readonly invoices: readonly Task[];
  readonly bounds: Bounds;
}

/** Does the same job with each client in turn, on the same script. */
export async function compare(
  options: Options,
  progress: Progress,
  signal: AbortSignal,
): Promise<Comparison> {
  if (options.target !== undefined) {
    const users = readTarget(options.target, options.users);
    return runClients({ users, invoices: [], bounds: defaultBounds }, undefined, options, progress, signal);
  }
  const { seed, faults } = options;
  const server = await FlakyApi.start({ seed, faults });
  try {
    const users = readUsers(server.url, options.users);
    const invoices = createInvoices(server.url, options.invoices);
    return await runClients({ users, invoices, bounds: demoBounds }, server, options, progress, signal);
  } finally {
    await server.stop();
  }
}

async function runClients(
  plan: Plan,
  server: FlakyApi | undefined,
  { concurrency, otlp }: Options,
  progress: Progress,
  signal: AbortSignal,
): Promise<Comparison> {
  const drifts: Drift[] = [];
  const telemetry = otlp === undefined ? undefined : telemetryTo(otlp);
  const summaries: Summary[] = [];
  const stories: Story[] = [];
  const { bounds, invoices } = plan;
  const runs: (readonly [Client, Plan])[] = [
    [plainKy(bounds), plan],
    [plainKyRetryingPosts(bounds), { ...plan, users: [] }],
    [kyWithToolkit(bounds, (drift) => drifts.push(drift), telemetry?.tracerProvider), plan],
  ];
  for (const [client, part] of runs) {
    if (signal.aborted) break;
    if (part.users.length + invoices.length === 0) continue;
    const run = (what: string, tasks: readonly Task[]): Promise<Result[]> =>
      watched(progress, signal, new Live(`${client.name}, ${what}`, tasks.length), (live) =>
        runJob(client, tasks, concurrency, live, signal),
      );
    const watch = new LimiterWatch(client.limits);
    const startTimeMs = Date.now();
    const { summary, results } = await runClient(client, part, run, server).finally(watch.stop);
    summaries.push(summary);
    stories.push({
      client: client.name,
      startTimeMs,
      results,
      ...(client.limits && { limiter: watch.samples, drifts }),
    });
  }
  const traces = await telemetry?.finish();
  return { summaries, stories, ...(traces && { traces }) };
}

async function runClient(
  { name, settings }: Client,
  plan: Plan,
  run: (part: string, tasks: readonly Task[]) => Promise<Result[]>,
  server: FlakyApi | undefined,
): Promise<{ readonly summary: Summary; readonly results: readonly Result[] }> {
  const start = performance.now();
  const users = await run('users', plan.users);
  const invoices = await run('invoices', plan.invoices);
  const elapsedMs = performance.now() - start;
  const stats = await server?.takeStats();
  const summary = summarize({
    client: name,
    settings,
    planned: { users: plan.users.length, invoices: plan.invoices.length },
    users,
    invoices,
    elapsedMs,
    ...(stats && { server: stats }),
  });
  return { summary, results: [...users, ...invoices] };
}

async function watched<Value>(
  progress: Progress,
  signal: AbortSignal,
  live: Live,
  job: (live: Live) => Promise<Value>,
): Promise<Value> {
  if (live.total === 0 || signal.aborted) return job(live);
  const end = progress(live);
  try {
    return await job(live);
  } finally {
    end();
  }
}
