import type { AttemptRecord, CallRecord, Decision } from '@kyhooks/core';
import { duration } from './words.ts';

const width = 44;
const marks = { backoff: '·', gate: '░', headers: '█', body: '▒' } as const;

/** The record of one call as text: a line for each attempt, its bar in scale, and what was decided and why. */
export function waterfall(record: CallRecord): string {
  const { method, url, attempts, decisions, durationMs = 0, outcome = 'not settled', error } = record;
  const said = (attempt: number): string[] => decisions.filter((d) => d.attempt === attempt).map(inWords);
  const end = duration(durationMs);
  return [
    `${method} ${url}: ${attempts.length} attempts in ${end}, ${error ? `${outcome} (${error})` : outcome}`,
    '',
    row('#', `0${end.padStart(width - 1)}`, 'backoff', 'gate', 'headers', 'body', 'outcome'),
    ...said(0),
    ...attempts.flatMap((attempt) => [attemptRow(attempt, durationMs), said(attempt.number)].flat()),
    '',
    `    ${Object.entries(marks)
      .map(([phase, mark]) => `${mark} ${phase}`)
      .join('   ')}`,
  ].join('\n');
}

function attemptRow(attempt: AttemptRecord, durationMs: number): string {
  const { number, backoffMs, gateMs, queuedMs, headersMs, bodyMs, status, error } = attempt;
  const queued = queuedMs > 0 ? `, queued ${duration(queuedMs)}` : '';
  return row(
    String(number),
    bar(attempt, durationMs),
    ...[backoffMs, gateMs, headersMs, bodyMs].map((ms) => (ms === undefined ? '–' : duration(ms))),
    `${[status, error].filter(Boolean).join(' ') || '–'}${queued}`,
  );
}

function row(number: string, timeline: string, ...columns: string[]): string {
  const outcome = columns.pop()!;
  const numbers = columns.map((column) => column.padStart(9)).join('');
  return `${number.padStart(3)} ${timeline.padEnd(width)}${numbers}  ${outcome}`;
}

function inWords({ layer, verdict, reason, delayMs }: Decision): string {
  const wait = delayMs === undefined ? '' : ` after ${duration(delayMs)}`;
  return `    ↳ ${layer}: ${verdict}${wait}: ${reason}`;
}

/** One attempt on the time line of the whole call. */
function bar(attempt: AttemptRecord, durationMs: number): string {
  const { startMs, backoffMs, gateMs, headersMs = 0, bodyMs = 0 } = attempt;
  const cells = Array.from({ length: width }, () => ' ');
  const column = (ms: number): number => Math.round((ms / Math.max(durationMs, 1)) * width);
  const paint = (mark: string, fromMs: number, lengthMs: number, least: 0 | 1): void => {
    if (lengthMs <= 0) return;
    const from = Math.min(column(fromMs), width - least);
    cells.fill(mark, from, Math.max(from + least, column(fromMs + lengthMs)));
  };
  const sentMs = startMs + gateMs;
  paint(marks.backoff, startMs - backoffMs, backoffMs, 0);
  paint(marks.gate, startMs, gateMs, 0);
  paint(marks.body, sentMs + headersMs, bodyMs, 0);
  // Last, because an attempt must be seen however short it was.
  paint(marks.headers, sentMs, headersMs, 1);
  return cells.join('').trimEnd();
}
