import { figure, type Room } from '../../demo/src/html/figure.ts';
import { html, type Markup } from '../../demo/src/html/markup.ts';
import {
  colorOf,
  type Frame,
  inWords,
  outcomeOf,
  type Row,
  tipOf,
  waterfall,
} from '../../demo/src/html/waterfall.ts';
import { count } from '../../demo/src/words.ts';
import { numbersOf, type Numbers } from './numbers.ts';
import type { Situation } from './situation.ts';
import type { Run, Seen } from './stage.ts';

/** Room for one of two, side by side, and for the same on a phone. */
const rooms: readonly Room[] = [
  { width: 470, narrow: false },
  { width: 318, narrow: true },
];

/** What plain ky and the toolkit made of a situation, side by side, as HTML for the page. */
export function drawing(situation: Situation, plain: Run, toolkit: Run): string {
  const frame = frameOf(situation, [plain, toolkit]);
  const numbers = numbersOf(plain, toolkit);
  const panel = (name: string, run: Run, of: Numbers): Markup =>
    html`<section class="client">
      <h3>${name}</h3>
      ${list(situation, of)}
      ${figure(`${situation.name}, ${name}`, (room) => waterfall(rowsOf(situation, run.calls), { ...frame, spans: run.spans }, room), true, rooms)}
      ${said(
        'What the caller gets',
        run.calls.flatMap(({ error }) => error ?? []),
      )}
      ${said(
        'On the record',
        run.calls.flatMap(({ decisions }) =>
          decisions.map((decision) => inWords({ ...decision, delayMs: 0 })),
        ),
      )}
    </section>`;
  const drawn = html`<div class="situation" v-pre>
    ${panel('plain ky', plain, numbers.plain)} ${panel('ky + kyhooks', toolkit, numbers.toolkit)}
  </div>`;
  return `${drawn.text
    .replaceAll(/(?<=[\s",(]\d+\.\d)\d+/g, '') // a tenth of a pixel is enough
    .replaceAll(/\s*\n\s*/g, '\n') // a blank line would end the HTML in the Markdown
    .trim()}\n`;
}

function list(
  { effect }: Situation,
  { right, wrong, failed, givenUp, requests, effects, durationMs }: Numbers,
): Markup {
  const item = (name: string, value: string | undefined, tone = ''): Markup | undefined =>
    value === undefined
      ? undefined
      : html`<div class="${tone}">
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`;
  const problem = (many: number): string => (many > 0 ? 'bad' : '');
  return html`<dl>
    ${item('right', count(right), wrong + failed === 0 ? 'good' : '')}
    ${item('wrong', count(wrong), problem(wrong))} ${item('failed', count(failed), problem(failed))}
    ${item('given up', givenUp === undefined ? undefined : count(givenUp))}
    ${item('requests', count(requests))}
    ${effect && item(effect.name, count(effects!), effects === effect.wanted ? 'good' : 'bad')}
    ${item('time', `${(durationMs / 1_000).toFixed(2)} s`)}
  </dl>`;
}

function rowsOf({ byAttempt }: Situation, calls: readonly Seen[]): Row[] {
  return calls.flatMap((call): Row[] => {
    const { name, attempts, decisions } = call;
    const tips = attempts.map((attempt) => tipOf(`${name}, attempt ${attempt.number}`, attempt, decisions));
    if (!byAttempt) return [{ key: name, label: name, attempts, end: endOf(call), tip: tips.join('\n') }];
    return [
      { key: name, label: name, attempts: [] },
      ...attempts.map((attempt, index) => ({
        key: `${name}/${attempt.number}`,
        label: String(attempt.number),
        attempts: [attempt],
        end:
          index === attempts.length - 1 ? endOf(call) : { text: outcomeOf(attempt), color: colorOf(attempt) },
        tip: tips[index]!,
      })),
    ];
  });
}

function endOf({ ending, attempts, code }: Seen): { readonly text: string; readonly color: string } {
  const last = attempts.at(-1)!;
  switch (ending) {
    case 'given up':
      return { text: last.headersMs === undefined ? 'never sent' : 'given up', color: 'var(--quiet)' };
    case 'wrong':
      return { text: `${outcomeOf(last)}, wrong`, color: 'var(--bad)' };
    case 'failed':
      return {
        text: outcomeOf(code && !last.error && (last.status ?? 0) < 400 ? { ...last, error: code } : last),
        color: 'var(--bad)',
      };
    case 'right':
      return { text: outcomeOf(last), color: colorOf(last) };
  }
}

/** The same for both, so that they can be compared. */
function frameOf({ byAttempt }: Situation, runs: readonly Run[]): Frame {
  const calls = runs.flatMap((run) => run.calls);
  const times = runs.flatMap(({ durationMs, spans }) => [durationMs, ...spans.map(({ to }) => to)]);
  const totalMs = Math.max(...times);
  return {
    totalMs,
    left: byAttempt ? 18 : longest(calls.map(({ name }) => name)) * 6.2 + 10,
    right: longest(calls.map((call) => endOf(call).text)) * 6.2 + 12,
    rowHeight: calls.length < 20 ? 20 : 15,
    tick: (ms) => (ms === 0 ? '0' : totalMs < 1_000 ? `${ms} ms` : `${ms / 1_000} s`),
  };
}

const longest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));

/** What was said, each once, with how often. */
function said(title: string, texts: readonly string[]): Markup | undefined {
  if (texts.length === 0) return undefined;
  const times = new Map<string, number>();
  for (const text of texts) times.set(text, (times.get(text) ?? 0) + 1);
  return html`<p>${title}</p>
    <ul>
      ${[...times].map(([text, many]) => html`<li>${text}${many > 1 && html` <b>× ${many}</b>`}</li>`)}
    </ul>`;
}
