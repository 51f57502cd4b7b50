import * as Plot from '@observablehq/plot';
import { draw } from '../../../demo/src/html/figure.ts';
import type { Count, Sample } from './sample.ts';

/** The samples of each client. */
export type Series = Readonly<Record<string, readonly Sample[]>>;

const width = 900;
const colors = ['light-dark(#1d4ed8, #8ab4ff)', 'light-dark(#64748b, #a9b4c2)'];
const frame: Plot.PlotOptions = {
  style: { fontSize: '13px' },
  marginLeft: 90,
  marginRight: 90,
  x: { label: 'calls', tickFormat: (calls: number) => `${calls / 1_000} k`, ticks: 8 },
};

/** Memory at rest, over the calls. */
export function drawMemory(series: Series): string {
  const points = Object.entries(series).flatMap(([client, samples]) =>
    samples.map(({ calls, rest }) => ({ client, calls, megabytes: (rest.heap + rest.outside) / 2 ** 20 })),
  );
  const picture = draw('Memory in use after collection, over the calls', width, {
    ...frame,
    height: 300,
    y: { label: 'MB in use after collection', grid: true, zero: true, nice: true },
    color: { domain: Object.keys(series), range: colors },
    marks: [
      Plot.line(points, { x: 'calls', y: 'megabytes', stroke: 'client', strokeWidth: 2 }),
      Plot.text(
        points,
        Plot.selectLast({
          x: 'calls',
          y: 'megabytes',
          z: 'client',
          fill: 'client',
          text: 'client',
          textAnchor: 'start',
          dx: 6,
        }),
      ),
    ],
  });
  return picture.text;
}

const shown: readonly Count[] = ['listeners', 'timers', 'sockets', 'permits', 'waiting', 'spans'];

/** What is counted: the most while calls are under way, and what is left when none is. */
export function drawCounts(samples: readonly Sample[]): string {
  const points = shown.flatMap((what) =>
    samples.flatMap(({ calls, rest, most }) => [
      { what, calls, when: 'most under way', count: most[what] },
      { what, calls, when: 'left at rest', count: rest[what] },
    ]),
  );
  const picture = draw('Resources, under way and at rest, over the calls', width, {
    ...frame,
    height: 70 * shown.length + 60,
    y: { label: null, ticks: 3, grid: true, zero: true },
    fy: { label: null, domain: shown, padding: 0.2 },
    color: { domain: ['left at rest', 'most under way'], range: colors },
    marks: [
      Plot.line(points, { x: 'calls', y: 'count', fy: 'what', stroke: 'when', strokeWidth: 1.5 }),
      Plot.text(
        points.filter(({ what }) => what === shown[0]),
        Plot.selectLast({
          x: 'calls',
          y: 'count',
          fy: 'what',
          z: 'when',
          fill: 'when',
          text: 'when',
          textAnchor: 'end',
          dy: -8,
        }),
      ),
    ],
  });
  return picture.text;
}
