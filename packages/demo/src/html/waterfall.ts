import type { AttemptRecord, Decision } from '@kyhooks/core';
import * as Plot from '@observablehq/plot';
import { duration } from '../words.ts';
import { type Room, scale } from './figure.ts';

/** What an attempt spends its time with, and the colour of it. */
export const phases = {
  'waits to be sent again': 'var(--wait)',
  'queues for a permit': 'var(--queue)',
  'waits for headers': 'var(--headers)',
  'reads the body': 'var(--body)',
};

/** Attempts, one behind the other, or without any a heading. */
export interface Row {
  /** Unlike that of every other row. */
  readonly key: string;
  readonly label: string;
  readonly attempts: readonly AttemptRecord[];
  /** How it ended, on the right. */
  readonly end?: { readonly text: string; readonly color: string };
  /** What the row says when it is pointed at. */
  readonly tip?: string;
}

/** A time in which something held that the calls did not know of. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export interface Frame {
  readonly totalMs: number;
  readonly left: number;
  readonly right: number;
  readonly rowHeight: number;
  /** Words of the time axis. */
  readonly tick?: (ms: number) => string;
  readonly spans?: readonly Span[];
}

/** Rows of attempts over time. */
export function waterfall(rows: readonly Row[], frame: Frame, { width }: Room): Plot.PlotOptions {
  const { totalMs, left, right, rowHeight, tick = duration, spans = [] } = frame;
  const headings = rows.filter(({ attempts }) => attempts.length === 0);
  const drawn = rows.filter(({ attempts }) => attempts.length > 0);
  const attempts = drawn.flatMap((row) =>
    row.attempts.map((attempt) => ({ ...row, attempt, many: row.attempts.length > 1 })),
  );
  return {
    height: rows.length * rowHeight + (spans.length > 0 ? 46 : 30),
    marginLeft: left,
    marginRight: right,
    marginTop: spans.length > 0 ? 18 : 2,
    x: {
      label: null,
      domain: [0, totalMs],
      ticks: Math.min(8, (width - left - right) / 64),
      tickFormat: (ms: number) => tick(ms),
      grid: true,
    },
    y: {
      label: null,
      domain: rows.map(({ key }) => key),
      padding: 0.2,
      tickSize: 0,
      tickFormat: (key: string) => drawn.find((row) => row.key === key)?.label ?? '',
    },
    color: scale(phases),
    marks: [
      Plot.rect(spans, { x1: 'from', x2: 'to', fill: 'var(--span)' }),
      Plot.text(spans, {
        x: ({ from, to }: Span) => (from + to) / 2,
        text: 'text',
        frameAnchor: 'top',
        dy: -15,
        fill: 'var(--span-text)',
      }),
      Plot.text(headings, {
        y: 'key',
        text: 'label',
        frameAnchor: 'left',
        dx: 2 - left,
        fontWeight: 600,
        fontSize: 11,
      }),
      Plot.barX(
        attempts.flatMap(({ attempt, key }) => barsOf(attempt, key)),
        { x1: 'from', x2: 'to', y: 'row', fill: 'phase', rx: 1 },
      ),
      // However short it was, an attempt is seen; one that never got out of the gate was none yet.
      Plot.tickX(
        attempts.filter(({ attempt }) => attempt.headersMs !== undefined),
        {
          x: ({ attempt }: { attempt: AttemptRecord }) => sentAt(attempt),
          y: 'key',
          stroke: phases['waits for headers'],
          strokeWidth: 2,
        },
      ),
      // Where several share a row, each says how it ended.
      Plot.dot(
        attempts.filter(({ attempt, many }) => many && attempt.headersMs !== undefined),
        {
          x: ({ attempt }: { attempt: AttemptRecord }) => sentAt(attempt) + (attempt.headersMs ?? 0),
          y: 'key',
          r: 3.5,
          fill: ({ attempt }: { attempt: AttemptRecord }) => colorOf(attempt),
          stroke: 'var(--card)',
        },
      ),
      Plot.text(
        drawn.filter(({ end }) => end),
        {
          y: 'key',
          text: ({ end }: Row) => end!.text,
          frameAnchor: 'right',
          textAnchor: 'start',
          dx: 6,
          fill: ({ end }: Row) => end!.color,
          fontWeight: 600,
        },
      ),
      Plot.barX(
        drawn.filter(({ tip }) => tip !== undefined),
        { x1: 0, x2: totalMs, y: 'key', fill: 'transparent', title: 'tip' },
      ),
    ],
  };
}

function barsOf(attempt: AttemptRecord, row: string): object[] {
  const { startMs, backoffMs, gateMs, headersMs = 0, bodyMs = 0 } = attempt;
  const sent = sentAt(attempt);
  const spans: readonly (readonly [from: number, ms: number])[] = [
    [startMs - backoffMs, backoffMs],
    [startMs, gateMs],
    [sent, headersMs],
    [sent + headersMs, bodyMs],
  ];
  return Object.keys(phases).flatMap((phase, index) => {
    const [from, ms] = spans[index]!;
    return ms > 0 ? { row, phase, from, to: from + ms } : [];
  });
}

const sentAt = ({ startMs, gateMs }: AttemptRecord): number => startMs + gateMs;

const short: Readonly<Record<string, string>> = {
  ATTEMPT_TIMEOUT: 'timeout',
  BODY_TIMEOUT: 'body timeout',
  MALFORMED_BODY: 'no JSON',
  TimeoutError: 'timeout',
  AbortError: 'aborted',
  DEADLINE: 'deadline',
  ECONNRESET: 'reset',
  ECONNREFUSED: 'refused',
  UND_ERR_SOCKET: 'broken off',
  SyntaxError: 'no JSON',
  SchemaError: 'drift',
  SCHEMA: 'drift',
};

/** How the attempt ended, in a word or two. */
export function outcomeOf({ status, error }: AttemptRecord): string {
  const failed = error && (short[error] ?? error);
  return [status, failed].filter(Boolean).join(' ') || 'no answer';
}

export function colorOf({ status = 0, error }: AttemptRecord): string {
  if (error || status === 0 || status >= 500) return 'var(--bad)';
  return status >= 400 ? 'var(--warm)' : 'var(--good)';
}

/** An attempt, and what was decided about it, line by line. */
export function tipOf(title: string, attempt: AttemptRecord, decisions: readonly Decision[]): string {
  const { number, backoffMs, queuedMs, headersMs, bodyMs } = attempt;
  const times = [
    backoffMs > 0 && `waited ${duration(backoffMs)}`,
    queuedMs > 0 && `queued ${duration(queuedMs)}`,
    headersMs !== undefined && `headers ${duration(headersMs)}`,
    bodyMs !== undefined && `body ${duration(bodyMs)}`,
  ].filter(Boolean);
  const said = decisions.filter(
    (decision) => decision.attempt === number || (number === 1 && decision.attempt === 0),
  );
  return [`${title}: ${outcomeOf(attempt)}`, times.join(' · '), ...said.map(inWords)]
    .filter(Boolean)
    .join('\n');
}

export function inWords({ layer, verdict, reason, delayMs }: Decision): string {
  const wait = delayMs ? ` ${verdict === 'retry' ? 'after' : 'for'} ${duration(delayMs)}` : '';
  return `${layer}: ${verdict}${wait}, ${reason}`;
}
