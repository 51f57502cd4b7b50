import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { pause, type Reopening } from './reopening.ts';

/** Of a bar, in milliseconds. */
const width = 25;

/** What the server gets from each client, over time, as an SVG document. */
export function drawReopenings(of: Readonly<Record<string, Reopening>>, until: number): string {
  const bars = Object.entries(of).flatMap(([client, { arrivals }]) =>
    [false, true].flatMap((refused) =>
      countsOf(
        arrivals.filter((one) => one.refused === refused),
        client,
        refused,
      ),
    ),
  );
  const { document } = parseHTML('<html><body></body></html>');
  const svg = Plot.plot({
    document,
    width: 760,
    height: 420,
    marginLeft: 50,
    marginRight: 20,
    marginBottom: 40,
    style: { fontSize: '13px', background: 'white' },
    x: { label: 'milliseconds', labelAnchor: 'center', labelArrow: 'none', domain: [-10, until] },
    y: { label: `requests in ${width} ms`, labelAnchor: 'center', labelArrow: 'none', grid: true, ticks: 4 },
    fy: { label: null, axis: null, domain: Object.keys(of), padding: 0.25 },
    color: { domain: ['answered 200', 'answered 429'], range: ['#1d4ed8', '#c2410c'] },
    marks: [
      Plot.rect([pause], { x1: 'from', x2: 'to', fill: '#fee2e2' }),
      Plot.text([pause], {
        x: 550,
        fy: () => Object.keys(of)[0],
        frameAnchor: 'top',
        dy: 6,
        text: () => 'the server asks for a pause',
        fill: '#991b1b',
      }),
      Plot.rectY(bars, { x1: 'from', x2: 'to', y: 'count', fy: 'client', fill: 'kind' }),
      Plot.text(Object.keys(of), {
        fy: (client: string) => client,
        frameAnchor: 'top-left',
        dx: 160,
        dy: -18,
        text: (client: string) => client,
        fontWeight: 'bold',
      }),
      Plot.ruleY([0]),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}

/** How many came in each so many milliseconds. */
function countsOf(arrivals: Reopening['arrivals'], client: string, refused: boolean): object[] {
  const counts = new Map<number, number>();
  for (const { ms } of arrivals) {
    const from = Math.floor(ms / width) * width;
    counts.set(from, (counts.get(from) ?? 0) + 1);
  }
  const kind = refused ? 'answered 429' : 'answered 200';
  return [...counts].map(([from, count]) => ({ client, kind, from, to: from + width, count }));
}
