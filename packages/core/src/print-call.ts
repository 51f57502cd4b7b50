import type { AttemptRecord, Call, CallRecord, Decision, Phase } from './call.ts';
import { type Paint, printAs, type Tone } from './printed.ts';

/** Columns of the time line. */
const width = 40;
const marks = { backoff: '·', queue: '░', headers: '█', body: '▒' } as const;
/** How a call stands that has not ended, or whose end nobody listens for. */
const stands: Readonly<Record<Phase, string>> = {
  queued: 'queued',
  headers: 'sent',
  body: 'answered',
  backoff: 'waits to be sent again',
};
const taught = /* @__PURE__ */ new WeakSet<object>();

/**
 * Teaches the records of this prototype to print themselves. Who hands records out does it: calls that nobody looks at
 * need not carry it.
 */
export function teachToPrint(prototype: Call): void {
  if (taught.has(prototype)) return;
  taught.add(prototype);
  printAs(prototype, printCall);
}

/** The record as text: a line for each attempt, its bar in scale, and below it what was decided and why. */
function printCall(record: CallRecord, paint: Paint): string {
  const { method, url, attempts, decisions } = record;
  const said = (attempt: number): string[] =>
    decisions.filter((decision) => decision.attempt === attempt).map((one) => inWords(one, paint));
  const totalMs = record.durationMs ?? Math.max(0, ...attempts.map(endOf));
  const used = new Set<string>();
  const lines = attempts.flatMap((attempt) => {
    const bar = barOf(attempt, totalMs);
    for (const mark of bar) used.add(mark);
    const [outcome, tone] = outcomeOf(attempt);
    const number = String(attempt.number).padStart(3);
    const facts = `${paint(outcome, tone)}  ${paint(timesOf(attempt), 'quiet')}`;
    return [`${number} ${paint(bar.padEnd(width), tone)}  ${facts}`].concat(said(attempt.number));
  });
  const legend = Object.entries(marks).filter(([, mark]) => used.has(mark));
  return [
    `${paint(`${method} ${url}`, 'name')}  ${headline(record, totalMs, paint)}`,
    ...said(0),
    ...lines,
    ...(legend.length > 0
      ? [paint(`    ${legend.map(([phase, mark]) => `${mark} ${phase}`).join('   ')}`, 'quiet')]
      : []),
  ].join('\n');
}

function headline({ attempts, outcome, phase, error }: CallRecord, totalMs: number, paint: Paint): string {
  const times = attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`;
  const end = outcome ?? stands[phase];
  const tone = outcome === 'ok' ? 'good' : error === undefined ? 'warm' : 'bad';
  return `${paint(error === undefined ? end : `${end} (${error})`, tone)}, ${times}, ${inMs(totalMs)}`;
}

function inWords({ layer, verdict, reason, delayMs }: Decision, paint: Paint): string {
  const wait = delayMs ? ` ${verdict === 'retry' ? 'after' : 'for'} ${inMs(delayMs)}` : '';
  return `    ${paint('↳', 'quiet')} ${paint(layer, 'name')}: ${verdict}${wait}, ${reason}`;
}

function outcomeOf({ status, error }: AttemptRecord): readonly [text: string, tone: Tone] {
  const tone = error !== undefined || (status ?? 0) >= 500 ? 'bad' : (status ?? 400) >= 400 ? 'warm' : 'good';
  return [[status, error].filter((part) => part !== undefined).join(' ') || 'no answer yet', tone];
}

function timesOf({ backoffMs, queuedMs, headersMs, bodyMs }: AttemptRecord): string {
  return Object.entries({ waited: backoffMs, queued: queuedMs, headers: headersMs, body: bodyMs })
    .filter(([name, ms]) => ms !== undefined && (ms >= 0.5 || name === 'headers'))
    .map(([name, ms]) => `${name} ${inMs(ms!)}`)
    .join(', ');
}

function endOf({ startMs, gateMs, headersMs = 0, bodyMs = 0 }: AttemptRecord): number {
  return startMs + gateMs + headersMs + bodyMs;
}

/** One attempt on the time line of the whole call. */
function barOf(attempt: AttemptRecord, totalMs: number): string {
  const { startMs, backoffMs, gateMs, headersMs = 0, bodyMs = 0 } = attempt;
  const cells: string[] = Array.from({ length: width }, () => ' ');
  const column = (ms: number): number => Math.round((ms / Math.max(totalMs, 1)) * width);
  const draw = (mark: string, fromMs: number, lengthMs: number, least: 0 | 1): void => {
    const from = Math.min(column(fromMs), width - least);
    cells.fill(mark, from, Math.max(from + least, column(fromMs + lengthMs)));
  };
  const sentMs = startMs + gateMs;
  draw(marks.backoff, startMs - backoffMs, backoffMs, 0);
  draw(marks.queue, startMs, gateMs, 0);
  draw(marks.body, sentMs + headersMs, bodyMs, 0);
  // Last, because an attempt must be seen however short it was.
  draw(marks.headers, sentMs, headersMs, 1);
  return cells.join('').trimEnd();
}

function inMs(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
