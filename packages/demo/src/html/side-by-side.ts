import * as Plot from '@observablehq/plot';
import type { Summary } from '../summary.ts';
import { count, duration, share } from '../words.ts';
import { figure, legend, scale } from './figure.ts';
import { html, type Markup } from './markup.ts';

const ends = {
  'right answer': 'var(--good)',
  'wrong answer, taken for right': 'var(--bad)',
  failed: 'var(--warm)',
  'not finished': 'var(--quiet)',
};

type Row = readonly [label: string, cell: (summary: Summary) => string | undefined, ideal?: string];

const rows: readonly Row[] = [
  ['users read', ({ users }) => (users.planned ? share(users.right, users.planned) : undefined)],
  [
    'invoices created',
    ({ invoices }) => (invoices.planned ? share(invoices.right, invoices.planned) : undefined),
  ],
  [
    'wrong answers taken for right',
    ({ server, wrongAnswersAccepted }) => server && count(wrongAnswersAccepted),
    '0',
  ],
  ['duplicate invoices on the server', ({ server }) => server && count(server.duplicateWrites), '0'],
  ['failed, and stored all the same', ({ server }) => server && count(server.storedThoughFailed), '0'],
  ['requests', ({ requests }) => count(requests)],
  [
    'median / p95 / p99 of a call',
    ({ latencyMs: of }) => of && [of.p50, of.p95, of.p99].map(duration).join(' / '),
  ],
  ['time', ({ elapsedMs }) => duration(elapsedMs)],
];

/** How the calls of each client ended: in shares, and in numbers. */
export function sideBySide(summaries: readonly Summary[]): Markup {
  const shares = summaries.flatMap(sharesOf);
  const bars = figure('How calls ended, by client', ({ narrow }) => ({
    height: (narrow ? 44 : 34) * summaries.length + 30,
    marginLeft: narrow ? 4 : 150,
    marginRight: 4,
    x: { label: null, percent: true, ticks: 5, tickFormat: (value: number) => `${value} %` },
    y: {
      label: null,
      domain: summaries.map(({ client }) => client),
      tickSize: 0,
      padding: narrow ? 0.6 : 0.3,
      ...(narrow && { axis: null }),
    },
    color: scale(ends),
    marks: [
      Plot.barX(shares, {
        x: 'share',
        y: 'client',
        fill: 'end',
        title: 'tip',
        inset: 0.5,
        order: Object.keys(ends),
      }),
      ...(narrow
        ? [
            Plot.text(summaries, {
              y: 'client',
              text: 'client',
              frameAnchor: 'left',
              dy: -16,
              fontWeight: 600,
            }),
          ]
        : []),
    ],
  }));
  return html`${legend(ends)} ${bars}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <td></td>
            ${summaries.map(({ client }) => html`<th scope="col">${client}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => rowOf(row, summaries))}
        </tbody>
      </table>
    </div>`;
}

function rowOf([label, cell, ideal]: Row, summaries: readonly Summary[]): Markup | string {
  const cells = summaries.map(cell);
  if (cells.every((content) => content === undefined)) return '';
  const mark = (content: string | undefined): string =>
    content === undefined || ideal === undefined ? '' : content === ideal ? 'good' : 'bad';
  return html`<tr>
    <th scope="row">${label}</th>
    ${cells.map((content) => html`<td class="${mark(content)}">${content ?? '–'}</td>`)}
  </tr>`;
}

function sharesOf({ client, users, invoices }: Summary): object[] {
  const planned = users.planned + invoices.planned;
  const [right, wrong, failed] = (['right', 'wrong', 'failed'] as const).map(
    (end) => users[end] + invoices[end],
  );
  return [right!, wrong!, failed!, planned - right! - wrong! - failed!]
    .map((calls, index) => ({
      client,
      end: Object.keys(ends)[index]!,
      share: calls / planned,
      tip: `${client}\n${Object.keys(ends)[index]}: ${share(calls, planned)}`,
      calls,
    }))
    .filter(({ calls }) => calls > 0);
}
