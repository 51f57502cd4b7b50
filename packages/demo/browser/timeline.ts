import type { AttemptRecord, CallRecord } from '@kyhooks/core';

const rows = 14;
/** Time that fits a track, in milliseconds. */
const spanMs = 6_000;

/** A bar of a track: which phase, from when, how long. */
type Bar = readonly [phase: string, fromMs: number, lengthMs: number];

interface Row {
  readonly record: CallRecord;
  readonly element: HTMLElement;
  readonly track: HTMLElement;
  readonly end: HTMLElement;
  over: boolean;
}

/** The latest calls, each a line that grows while the call does, the newest on top. */
export class Timeline {
  readonly #element: HTMLElement;
  readonly #detail: HTMLElement;
  #rows: Row[] = [];
  #frame = 0;
  #chosen: CallRecord | undefined;

  constructor(element: HTMLElement, detail: HTMLElement) {
    this.#element = element;
    this.#detail = detail;
  }

  /** Shows a call that begins. */
  readonly add = (record: CallRecord): void => {
    const row = document.createElement('li');
    row.tabIndex = 0;
    const label = document.createElement('span');
    label.className = 'what';
    label.textContent = `${record.method} ${new URL(record.url).pathname}`;
    const track = document.createElement('span');
    track.className = 'track';
    const end = document.createElement('span');
    end.className = 'end';
    row.append(label, track, end);
    for (const kind of ['pointerenter', 'focus']) row.addEventListener(kind, () => this.#choose(record));
    this.#element.prepend(row);
    this.#rows.unshift({ record, element: row, track, end, over: false });
    for (const { element } of this.#rows.splice(rows)) element.remove();
    this.#chosen ??= record;
    this.#frame ||= requestAnimationFrame(this.#draw);
  };

  /** Ends all drawing. */
  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#rows = [];
  }

  #choose(record: CallRecord): void {
    this.#chosen = record;
    this.#frame ||= requestAnimationFrame(this.#draw);
  }

  readonly #draw = (): void => {
    const now = Date.now();
    for (const row of this.#rows) {
      const { record, track, end } = row;
      const age = now - record.startTimeMs;
      const bars = barsOf(record, age);
      // The right edge is now.
      track.replaceChildren(
        ...bars
          .filter(([, fromMs, lengthMs]) => age - fromMs - lengthMs < spanMs)
          .map(([phase, fromMs, lengthMs]) => barElement(phase, age - fromMs, lengthMs)),
      );
      if (row.over) continue;
      row.over = record.outcome !== undefined;
      const [text, tone] = endOf(record);
      if (end.textContent !== text) {
        end.textContent = text;
        end.className = `end ${tone}`;
      }
    }
    if (this.#chosen) this.#detail.textContent = String(this.#chosen);
    const moving = this.#rows.some(
      ({ record, over }) => !over || now - record.startTimeMs - (record.durationMs ?? 0) < spanMs,
    );
    this.#frame = moving ? requestAnimationFrame(this.#draw) : 0;
  };
}

function barElement(phase: string, agoMs: number, lengthMs: number): HTMLElement {
  const bar = document.createElement('i');
  bar.className = phase;
  bar.style.left = `${(1 - agoMs / spanMs) * 100}%`;
  bar.style.width = `${(lengthMs / spanMs) * 100}%`;
  return bar;
}

/** What a call did so far; the phase it is in lasts until now. */
function barsOf({ attempts, phase, durationMs, outcome }: CallRecord, ageMs: number): Bar[] {
  const nowMs = outcome === undefined ? ageMs : (durationMs ?? ageMs);
  const bars = attempts.flatMap((attempt) => barsOfAttempt(attempt));
  const last = attempts.at(-1);
  if (!last || outcome !== undefined) return bars;
  const { startMs, gateMs, headersMs, bodyMs } = last;
  const fromMs = {
    queued: startMs,
    headers: startMs + gateMs,
    body: startMs + gateMs + (headersMs ?? 0),
    backoff: startMs + gateMs + (headersMs ?? 0) + (bodyMs ?? 0),
  }[phase];
  return [...bars, [phase, fromMs, Math.max(0, nowMs - fromMs)]];
}

function barsOfAttempt({ startMs, backoffMs, gateMs, headersMs, bodyMs }: AttemptRecord): Bar[] {
  const sentMs = startMs + gateMs;
  const bars: Bar[] = [
    ['backoff', startMs - backoffMs, backoffMs],
    ['queued', startMs, gateMs],
    ['headers', sentMs, headersMs ?? 0],
    ['body', sentMs + (headersMs ?? 0), bodyMs ?? 0],
  ];
  return bars.filter(([, , lengthMs]) => lengthMs > 0);
}

function endOf({ outcome, error, attempts, phase }: CallRecord): readonly [text: string, tone: string] {
  const times = attempts.length > 1 ? ` ×${attempts.length}` : '';
  const { status } = attempts.at(-1) ?? {};
  if (outcome === undefined) return [`${phase}${times}`, ''];
  if (outcome === 'ok') return [`${status}${times}`, 'good'];
  return [`${status ?? error ?? outcome}${times}`, outcome === 'aborted' ? '' : 'bad'];
}
