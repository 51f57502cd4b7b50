import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

const width = 46;
const marks: Readonly<Record<string, string>> = { span: '█', queue: '░', backoff: '·' };

/** A line of the drawing; times are since the epoch. */
interface Line {
  readonly label: string;
  readonly mark: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly note: string;
}

/** Draws the spans of one trace, and the waits among their events, as text. */
export function draw(spans: readonly ReadableSpan[]): string {
  const originMs = Math.min(...spans.map(({ startTime }) => inMs(startTime)));
  const lines = spans
    .flatMap((span) => [lineOf(span), ...waitsOf(span)])
    .sort((a, b) => a.startMs - b.startMs || b.endMs - a.endMs);
  const totalMs = Math.max(...lines.map(({ endMs }) => endMs)) - originMs;
  const column = (ms: number): number => Math.round(((ms - originMs) / totalMs) * width);
  return [
    `${''.padEnd(10)} 0${`${Math.round(totalMs)} ms`.padStart(width - 1)}`,
    ...lines.map((line) => {
      const from = column(line.startMs);
      const to = Math.max(from + 1, column(line.endMs));
      const bar = (' '.repeat(from) + line.mark.repeat(to - from)).padEnd(width);
      const duration = `${Math.round(line.endMs - line.startMs)} ms`;
      return `${line.label.padEnd(10)} ${bar} ${duration.padStart(7)}  ${line.note}`.trimEnd();
    }),
  ].join('\n');
}

function lineOf({ name, startTime, endTime, attributes, parentSpanContext }: ReadableSpan): Line {
  return {
    label: parentSpanContext ? `  ${name}` : name,
    mark: marks['span']!,
    startMs: inMs(startTime),
    endMs: inMs(endTime),
    note: noteOf(attributes),
  };
}

function noteOf(attributes: Attributes): string {
  const {
    'kyhooks.call.outcome': outcome,
    'http.response.status_code': status,
    'http.request.resend_count': resend,
  } = attributes;
  return [outcome ?? status, typeof resend === 'number' && `resend ${resend}`].filter(Boolean).join(', ');
}

/** The waits; a decision to send again says why there is one. */
function waitsOf({ events }: ReadableSpan): Line[] {
  const why = (attempt: number): string =>
    events
      .filter(({ attributes }) => attributes?.['kyhooks.verdict'] === 'retry')
      .filter(({ attributes }) => attributes?.['kyhooks.attempt'] === attempt - 1)
      .map(({ attributes }) => String(attributes?.['kyhooks.reason']))
      .join();
  return events
    .filter(({ name }) => name === 'kyhooks.wait')
    .map(({ time, attributes = {} }) => {
      const kind = String(attributes['kyhooks.wait']);
      const endMs = inMs(time);
      return {
        label: `  ${kind}`,
        mark: marks[kind] ?? '?',
        startMs: endMs - Number(attributes['kyhooks.delay']) * 1000,
        endMs,
        note: kind === 'backoff' ? why(Number(attributes['kyhooks.attempt'])) : '',
      };
    });
}

function inMs([seconds, nanos]: ReadableSpan['startTime']): number {
  return seconds * 1000 + nanos / 1e6;
}
