import { type CallRecord, onSettled } from '@kyhooks/core';
import { fanOut } from '@kyhooks/result';
import type { Options as KyOptions } from 'ky';
import type { Client } from './clients.ts';
import { whyFailed } from './why-failed.ts';
import { type JobListener, type ResultKind, WireWatch } from './wire-watch.ts';

/** One call of a job: `send` makes it, `isRight` judges what it gave. */
export interface Task {
  /** What it is about, such as `INV-0007`. */
  readonly subject: string;
  readonly send: (api: Client['api'], options: KyOptions) => Promise<unknown>;
  readonly isRight: (answer: unknown) => boolean;
}

export interface Result {
  readonly subject: string;
  readonly kind: ResultKind;
  /** Why it failed, in words. */
  readonly reason?: string;
  readonly durationMs: number;
  /** Requests sent. */
  readonly attempts: number;
  /** Of the call, whichever the client. */
  readonly record?: CallRecord;
}

/** Runs the tasks with bounded fan-out. An abort ends the calls in flight and starts no more. */
export async function runJob(
  client: Client,
  tasks: readonly Task[],
  concurrency: number,
  listener: JobListener,
  signal: AbortSignal,
): Promise<Result[]> {
  const run = fanOut(tasks, (task) => runTask(client, task, listener, signal), {
    concurrency,
    stopOn: () => signal.aborted,
  });
  const results: Result[] = [];
  for await (const { result } of run) if (result.ok) results.push(result.data);
  return results;
}

async function runTask(
  { api }: Client,
  { subject, send, isRight }: Task,
  listener: JobListener,
  signal: AbortSignal,
): Promise<Result> {
  const watch = new WireWatch(listener);
  const start = performance.now();
  let record: CallRecord | undefined;
  const end = (kind: ResultKind, reason?: string): Result => {
    watch.end(kind);
    const durationMs = performance.now() - start;
    return {
      subject,
      kind,
      durationMs,
      attempts: watch.attempts,
      ...(reason !== undefined && { reason }),
      ...(record && { record }),
    };
  };
  try {
    const answer = await send(api, {
      signal,
      fetch: watch.fetch,
      ...onSettled((settled) => (record = settled)),
    });
    return end(isRight(answer) ? 'right' : 'wrong');
  } catch (error) {
    return signal.aborted ? end('interrupted') : end('failed', whyFailed(error, watch.answered));
  }
}
