import * as Plot from '@observablehq/plot';
import { maxConcurrent } from '../clients.ts';
import type { Story } from '../story.ts';
import { figure, legend, type Room } from './figure.ts';
import { html, type Markup } from './markup.ts';

const colors = { 'permits in use': 'var(--headers)', 'calls in line': 'var(--queue)' };

/** How many permits were in use and how many calls stood in line, over time. */
export function limiter({ limiter: samples = [], startTimeMs }: Story, limited: boolean): Markup | undefined {
  if (samples.length === 0) return undefined;
  const end = (samples.at(-1)!.timeMs - startTimeMs) / 1000;
  /** The most of each step: a mean would hide the moments that matter. */
  const stepped = ({ narrow }: Room): object[] => {
    const bin = end / (narrow ? 100 : 400);
    const groups = Object.groupBy(samples, ({ timeMs }) => Math.floor((timeMs - startTimeMs) / 1000 / bin));
    return Object.entries(groups).map(([index, group = []]) => ({
      at: Number(index) * bin,
      running: Math.max(...group.map(({ running }) => running)),
      waiting: Math.max(...group.map(({ waiting }) => waiting)),
    }));
  };
  return html`${legend(colors)}
  ${figure('Permits in use and calls in line, over time', (room) => ({
    height: 200,
    marginLeft: 40,
    marginRight: 12,
    x: { domain: [0, end], label: null, tickFormat: (seconds: number) => `${seconds} s` },
    y: {
      label: null,
      grid: true,
      zero: true,
      nice: true,
      ...(limited && { domain: [0, 1.2 * maxConcurrent] }),
    },
    marks: [
      Plot.areaY(stepped(room), {
        x: 'at',
        y: 'running',
        fill: colors['permits in use'],
        fillOpacity: 0.35,
        curve: 'step-after',
      }),
      Plot.lineY(stepped(room), {
        x: 'at',
        y: 'running',
        stroke: colors['permits in use'],
        strokeWidth: 1,
        curve: 'step-after',
      }),
      Plot.lineY(stepped(room), {
        x: 'at',
        y: 'waiting',
        stroke: colors['calls in line'],
        strokeWidth: 1.5,
        curve: 'step-after',
      }),
      ...(limited
        ? [
            Plot.ruleY([maxConcurrent], { stroke: 'currentColor', strokeDasharray: '4 3' }),
            Plot.text([`maxConcurrent: ${maxConcurrent}`], {
              y: maxConcurrent,
              frameAnchor: 'right',
              text: (text: string) => text,
              textAnchor: 'end',
              dy: -8,
            }),
          ]
        : []),
      Plot.ruleY([0], { stroke: 'currentColor' }),
    ],
  }))}`;
}
