import * as Plot from '@observablehq/plot';
import { percentiles } from '../summary.ts';
import type { Story } from '../story.ts';
import { count, duration } from '../words.ts';
import { figure, legend, scale } from './figure.ts';
import { html, type Markup } from './markup.ts';

const kinds = { right: 'var(--good)', wrong: 'var(--bad)', failed: 'var(--warm)' };

/** How long calls took, by client; times on a logarithmic scale. */
export function latency(stories: readonly Story[]): Markup {
  const calls = stories.flatMap(({ client, results }) =>
    results
      .filter(({ kind }) => kind !== 'interrupted')
      .map(({ kind, durationMs }) => ({ client, kind, durationMs })),
  );
  const lowest =
    10 ** Math.floor(Math.log10(Math.max(1, Math.min(...calls.map(({ durationMs }) => durationMs)))));
  const highest = Math.max(...calls.map(({ durationMs }) => durationMs)) * 1.1;
  const marks = stories.flatMap(({ client }) => {
    const found = percentiles(
      calls.filter((call) => call.client === client).map(({ durationMs }) => durationMs),
    );
    return Object.entries(found ?? {}).map(([name, ms]: [string, number]) => ({ client, name, ms }));
  });
  return html`${legend(kinds)}
  ${figure('Distribution of the time of a call, by client', ({ narrow }) => ({
    height: 120 * stories.length + 40,
    marginLeft: 40,
    marginRight: 28,
    marginTop: 30,
    x: {
      type: 'log',
      domain: [lowest, highest],
      label: null,
      tickFormat: (ms: number) => (String(ms).startsWith('1') ? duration(ms) : ''),
    },
    y: { label: null, grid: true, ticks: 3 },
    fy: { label: null, axis: null, domain: stories.map(({ client }) => client), padding: 0.25 },
    color: scale(kinds),
    marks: [
      Plot.rectY(bins(calls, lowest, highest, narrow ? 30 : 70), {
        x1: 'from',
        x2: 'to',
        y: 'calls',
        fill: 'kind',
        fy: 'client',
        inset: 0.5,
        title: 'tip',
        order: Object.keys(kinds),
      }),
      Plot.ruleX(marks, {
        x: 'ms',
        fy: 'client',
        stroke: 'currentColor',
        strokeDasharray: '2 3',
        strokeOpacity: 0.7,
      }),
      // One to the left and one to the right of its line: p95 and p99 are close.
      ...(['end', 'start'] as const).map((textAnchor) =>
        Plot.text(
          marks.filter(({ name }) => (name === 'p99') === (textAnchor === 'start')),
          {
            x: 'ms',
            fy: 'client',
            text: 'name',
            frameAnchor: 'top',
            textAnchor,
            dx: textAnchor === 'end' ? -4 : 4,
            dy: -12,
          },
        ),
      ),
      Plot.text(stories, {
        fy: 'client',
        text: 'client',
        frameAnchor: 'top-left',
        dy: -16,
        dx: -36,
        fontWeight: 600,
      }),
      Plot.ruleY([0], { stroke: 'currentColor' }),
    ],
  }))}`;
}

function bins(
  calls: readonly { client: string; kind: string; durationMs: number }[],
  lowest: number,
  highest: number,
  number: number,
): object[] {
  const factor = (highest / lowest) ** (1 / number);
  const counts = new Map<string, number>();
  for (const { client, kind, durationMs } of calls) {
    const bin = Math.max(0, Math.floor(Math.log(durationMs / lowest) / Math.log(factor)));
    const key = JSON.stringify([client, kind, bin]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, number_]) => {
    const [client, kind, bin] = JSON.parse(key) as [string, string, number];
    const [from, to] = [lowest * factor ** bin, lowest * factor ** (bin + 1)];
    const tip = `${client}\n${duration(from)} to ${duration(to)}: ${count(number_)} calls, ${kind}`;
    return { client, kind, from, to, calls: number_, tip };
  });
}
