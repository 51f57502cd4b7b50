import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { outage, type Storm } from './storm.ts';

/** Storms, drawn over time, as an SVG document. */
export function drawStorms(storms: Readonly<Record<string, Storm>>): string {
  const points = Object.entries(storms).flatMap(([series, { perSecond }]) =>
    perSecond.map((requests, second) => ({ series, second: second + 0.5, requests })),
  );
  const { document } = parseHTML('<html><body></body></html>');
  const svg = Plot.plot({
    document,
    width: 760,
    height: 360,
    marginLeft: 50,
    marginTop: 32,
    marginBottom: 40,
    style: { fontSize: '13px', background: 'white' },
    x: { label: 'seconds', labelAnchor: 'center', labelArrow: 'none', domain: [0, 30] },
    y: { label: 'requests per second', grid: true, nice: true, zero: true },
    color: { domain: Object.keys(storms), range: ['#c2410c', '#1d4ed8', '#64748b'] },
    marks: [
      Plot.rect([outage], { x1: 'from', x2: 'to', fill: '#fee2e2' }),
      Plot.text([outage], { x: 10, frameAnchor: 'top', dy: 6, text: () => 'server down', fill: '#991b1b' }),
      Plot.line(points, { x: 'second', y: 'requests', stroke: 'series', strokeWidth: 2 }),
      // Named where the lines are apart.
      Plot.text(labels(storms), {
        x: 'second',
        y: 'requests',
        text: 'series',
        fill: 'series',
        textAnchor: 'start',
        dx: 8,
        dy: -8,
      }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}

function labels(storms: Readonly<Record<string, Storm>>): object[] {
  const at = [outage.to - 1, outage.from, outage.to + 5];
  return Object.entries(storms).map(([series, { perSecond }], index) => {
    const second = at[index]!;
    return { series, second: second + 0.5, requests: perSecond[second] };
  });
}
