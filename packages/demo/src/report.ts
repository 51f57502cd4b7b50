import { inspect } from 'node:util';
import pc from 'picocolors';
import type { Comparison } from './compare.ts';
import { mostEventful } from './eventful.ts';
import type { Options } from './options.ts';
import { table } from './table.ts';
import type { Delivery } from './telemetry.ts';

/** What is about to be done, in text. */
export function announcement({ seed, users, invoices, faults, concurrency, target }: Options): string {
  const job =
    target === undefined ? `${users} users to read, ${invoices} invoices to create` : `${users} reads`;
  const api = target ?? `a flaky API (faults "${faults}", seed ${seed})`;
  return `${job}, ${concurrency} at a time, on ${api}\n`;
}

/** What was found, in text. */
export function textReport({ summaries, stories, traces }: Comparison, interrupted: boolean): string {
  const record = mostEventful(stories);
  const parts: string[] = [];
  if (interrupted) parts.push(pc.yellow('Interrupted: this is what was finished.'));
  if (summaries.length > 0) {
    parts.push(table(summaries));
    parts.push(summaries.map(({ client, settings }) => `${client}: ${settings}`).join('\n'));
  }
  if (record)
    parts.push(
      `${pc.bold('The most eventful call with the toolkit')}\n${inspect(record, { colors: pc.isColorSupported })}`,
    );
  if (traces) parts.push(delivery(traces));
  return `\n${parts.join('\n\n')}\n`;
}

/** What was found, for programs. */
export function jsonReport(
  options: Options,
  { summaries, stories, traces }: Comparison,
  interrupted: boolean,
): string {
  const record = mostEventful(stories) ?? null;
  return `${JSON.stringify({ options, interrupted, runs: summaries, record, ...(traces && { traces }) }, null, 2)}\n`;
}

function delivery({ endpoint, sent, lost, reason = 'no reason given' }: Delivery): string {
  return `Traces: ${sent} spans sent to ${endpoint}${lost > 0 ? `, ${lost} lost: ${reason}` : ''}`;
}
