import type { AttemptRecord, CallRecord, Decision } from '@kyhooks/core';
import * as Plot from '@observablehq/plot';
import type { Result } from '../job.ts';
import type { Story } from '../story.ts';
import { duration } from '../words.ts';
import { figure, legend, type Room, scale } from './figure.ts';
import { html, type Markup } from './markup.ts';

const phases = {
  'waits to be sent again': 'var(--wait)',
  'queues for a permit': 'var(--queue)',
  'waits for headers': 'var(--headers)',
  'reads the body': 'var(--body)',
};

const shown = 6;
const rowHeight = 20;

/** One client's call about a subject. */
interface Lane {
  readonly client: string;
  readonly result: Result;
  readonly record: CallRecord;
}

/** The toolkit's most eventful calls, with what plain ky made of the same. */
export function waterfalls(stories: readonly Story[]): Markup | undefined {
  const [plain, ours] = [stories[0], stories.find(({ limiter }) => limiter)];
  if (!ours) return undefined;
  const calls = ours.results
    .filter(({ record }) => record)
    .toSorted((a, b) => events(b) - events(a) || b.durationMs - a.durationMs)
    .slice(0, shown);
  return html`${legend(phases)}
    <div class="calls">
      ${calls.map(({ subject }) =>
        waterfall(
          subject,
          [plain, ours].flatMap((story) => (story ? laneOf(story, subject) : [])),
        ),
      )}
    </div>`;
}

/** Attempts, and once more the different ways in which they ended. */
function events({ record }: Result): number {
  const { attempts = [] } = record ?? {};
  return attempts.length + new Set(attempts.map(outcomeOf)).size;
}

function laneOf({ client, results }: Story, subject: string): Lane[] {
  const result = results.find((one) => one.subject === subject);
  return result?.record ? [{ client, result, record: result.record }] : [];
}

function waterfall(subject: string, lanes: readonly Lane[]): Markup {
  const { method, route } = lanes.at(-1)!.record;
  const totalMs = Math.max(...lanes.map(({ record: { durationMs = 0 } }) => durationMs));
  return html`<section class="call">
    <h3>${subject} <small>${method} ${route ?? ''}</small></h3>
    ${figure(`Attempts for ${subject}, by client`, (room) => plot(lanes, totalMs, room), true)}
    <details>
      <summary>What was decided, and why</summary>
      ${lanes.map(
        ({ client, record: { decisions } }) =>
          html`<h4>${client}</h4>
            ${
              decisions.length === 0
                ? html`<p>Nothing: it was sent once.</p>`
                : html`<ul>
                    ${decisions.map((decision) => html`<li>attempt ${decision.attempt}: ${inWords(decision)}</li>`)}
                  </ul>`
            }`,
      )}
    </details>
  </section>`;
}

function plot(lanes: readonly Lane[], totalMs: number, { narrow }: Room): Plot.PlotOptions {
  const rows = lanes.flatMap(({ client, record }) => [
    client,
    ...record.attempts.map((one) => `${client}/${one.number}`),
  ]);
  const attempts = lanes.flatMap((lane) =>
    lane.record.attempts.map((attempt) => ({ lane, attempt, row: `${lane.client}/${attempt.number}` })),
  );
  return {
    height: rows.length * rowHeight + 30,
    marginLeft: 22,
    marginRight: narrow ? 70 : 120,
    marginTop: 2,
    x: {
      label: null,
      domain: [0, totalMs],
      ticks: narrow ? 4 : 8,
      tickFormat: (ms: number) => duration(ms),
      grid: true,
    },
    y: {
      label: null,
      domain: rows,
      padding: 0.2,
      tickSize: 0,
      tickFormat: (row: string) => row.split('/')[1] ?? '',
    },
    color: scale(phases),
    marks: [
      Plot.text(lanes, {
        y: 'client',
        text: (lane: Lane) => headline(lane, narrow),
        frameAnchor: 'left',
        dx: -20,
        fontWeight: 600,
        fontSize: 11,
      }),
      Plot.barX(
        attempts.flatMap(({ attempt, row }) => barsOf(attempt, row)),
        { x1: 'from', x2: 'to', y: 'row', fill: 'phase', rx: 1 },
      ),
      // However short it was, an attempt is seen.
      Plot.tickX(attempts, {
        x: ({ attempt }: { attempt: AttemptRecord }) => sentAt(attempt),
        y: 'row',
        stroke: phases['waits for headers'],
        strokeWidth: 2,
      }),
      Plot.text(attempts, {
        y: 'row',
        text: ({ attempt }: { attempt: AttemptRecord }) => outcomeOf(attempt),
        frameAnchor: 'right',
        textAnchor: 'start',
        dx: 6,
        fill: ({ attempt }: { attempt: AttemptRecord }) => colorOf(attempt),
        fontWeight: 600,
      }),
      Plot.barX(attempts, {
        x1: 0,
        x2: totalMs,
        y: 'row',
        fill: 'transparent',
        title: ({ lane, attempt }: { lane: Lane; attempt: AttemptRecord }) => tipOf(lane, attempt),
      }),
    ],
  };
}

function headline(
  { client, result: { kind, reason }, record: { attempts, durationMs = 0 } }: Lane,
  narrow: boolean,
): string {
  const times = attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`;
  const end = kind === 'failed' ? (narrow ? 'failed' : `failed: ${reason}`) : kind;
  return `${client} · ${end} · ${times}, ${duration(durationMs)}`;
}

function barsOf(attempt: AttemptRecord, row: string): object[] {
  const { startMs, backoffMs, gateMs, headersMs = 0, bodyMs = 0 } = attempt;
  const sent = startMs + gateMs;
  const spans: readonly (readonly [from: number, ms: number])[] = [
    [startMs - backoffMs, backoffMs],
    [startMs, gateMs],
    [sent, headersMs],
    [sent + headersMs, bodyMs],
  ];
  return Object.keys(phases).map((phase, index) => {
    const [from, ms] = spans[index]!;
    return { row, phase, from, to: from + ms };
  });
}

const sentAt = ({ startMs, gateMs }: AttemptRecord): number => startMs + gateMs;

const short: Readonly<Record<string, string>> = {
  ATTEMPT_TIMEOUT: 'timeout',
  BODY_TIMEOUT: 'body timeout',
  MALFORMED_BODY: 'no JSON',
  TimeoutError: 'timeout',
  ECONNRESET: 'reset',
  UND_ERR_SOCKET: 'broken off',
  SyntaxError: 'no JSON',
  SchemaError: 'drift',
};

/** How the attempt ended, in a word or two. */
function outcomeOf({ status, error }: AttemptRecord): string {
  const failed = error && (short[error] ?? error);
  return [status, failed].filter(Boolean).join(' ') || 'no answer';
}

function colorOf({ status = 0, error }: AttemptRecord): string {
  if (error || status === 0 || status >= 500) return 'var(--bad)';
  return status >= 400 ? 'var(--warm)' : 'var(--good)';
}

function tipOf({ client, record }: Lane, attempt: AttemptRecord): string {
  const { number, backoffMs, queuedMs, headersMs, bodyMs } = attempt;
  const times = [
    backoffMs > 0 && `waited ${duration(backoffMs)}`,
    queuedMs > 0 && `queued ${duration(queuedMs)}`,
    headersMs !== undefined && `headers ${duration(headersMs)}`,
    bodyMs !== undefined && `body ${duration(bodyMs)}`,
  ].filter(Boolean);
  const said = record.decisions.filter(
    (decision) => decision.attempt === number || (number === 1 && decision.attempt === 0),
  );
  return [`${client}, attempt ${number}: ${outcomeOf(attempt)}`, times.join(' · '), ...said.map(inWords)]
    .filter(Boolean)
    .join('\n');
}

function inWords({ layer, verdict, reason, delayMs }: Decision): string {
  const wait = delayMs ? ` ${verdict === 'retry' ? 'after' : 'for'} ${duration(delayMs)}` : '';
  return `${layer}: ${verdict}${wait}, ${reason}`;
}
