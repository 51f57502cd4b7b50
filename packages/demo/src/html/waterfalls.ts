import type { CallRecord } from '@kyhooks/core';
import type { Result } from '../job.ts';
import type { Story } from '../story.ts';
import { duration } from '../words.ts';
import { figure, legend } from './figure.ts';
import { html, type Markup } from './markup.ts';
import { colorOf, type Frame, inWords, outcomeOf, phases, type Row, tipOf, waterfall } from './waterfall.ts';

const shown = 6;

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
        call(
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

function call(subject: string, lanes: readonly Lane[]): Markup {
  const { method, route } = lanes.at(-1)!.record;
  const totalMs = Math.max(...lanes.map(({ record: { durationMs = 0 } }) => durationMs));
  return html`<section class="call">
    <h3>${subject} <small>${method} ${route ?? ''}</small></h3>
    ${figure(`Attempts for ${subject}, by client`, (room) => waterfall(rowsOf(lanes, room.narrow), frameOf(totalMs, room.narrow), room), true)}
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

function rowsOf(lanes: readonly Lane[], narrow: boolean): Row[] {
  return lanes.flatMap((lane) => [
    { key: lane.client, label: headline(lane, narrow), attempts: [] },
    ...lane.record.attempts.map((attempt) => ({
      key: `${lane.client}/${attempt.number}`,
      label: String(attempt.number),
      attempts: [attempt],
      end: { text: outcomeOf(attempt), color: colorOf(attempt) },
      tip: tipOf(`${lane.client}, attempt ${attempt.number}`, attempt, lane.record.decisions),
    })),
  ]);
}

const frameOf = (totalMs: number, narrow: boolean): Frame => ({
  totalMs,
  left: 22,
  right: narrow ? 70 : 120,
  rowHeight: 20,
});

function headline(
  { client, result: { kind, reason }, record: { attempts, durationMs = 0 } }: Lane,
  narrow: boolean,
): string {
  const times = attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`;
  const end = kind === 'failed' ? (narrow ? 'failed' : `failed: ${reason}`) : kind;
  return `${client} · ${end} · ${times}, ${duration(durationMs)}`;
}
