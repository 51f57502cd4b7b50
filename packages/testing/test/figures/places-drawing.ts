/** The four places of a call and their stages, in the order in which a call meets them. */
export const places = {
  gate: ['prepare', 'answer', 'guard', 'admit', 'sign'],
  wire: ['observe', 'time', 'fault'],
  verdict: ['decide'],
  settled: ['settled'],
} as const;

type PlaceName = keyof typeof places;

const meaning: Readonly<Record<PlaceName, string>> = {
  gate: '',
  wire: 'around one fetch',
  verdict: 'done, or send it again?',
  settled: 'the call is over, once',
};

const row = { height: 34, gap: 14, width: 398 };
const chip = { left: 84, height: 22, gap: 6 };

/**
 * The places, with those lit that are occupied, as `explain()` names them: `gate: guard`, `settled`. The colours follow
 * the scheme of the page that shows the picture.
 */
export function drawPlaces(name: string, occupied: readonly string[]): string {
  const rows = Object.keys(places).map((place, index) => drawRow(place as PlaceName, index, occupied));
  const height = 4 * row.height + 3 * row.gap + 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="440" height="${height}" viewBox="0 0 440 ${height}" role="img">
<title>Where ${name} acts: ${inWords(occupied)}</title>
<style>
  svg { color-scheme: light dark; font: 13px ui-sans-serif, system-ui, sans-serif; }
  rect { fill: none; stroke: #c9ced6; }
  text { fill: #5b6472; }
  path { fill: none; stroke: #8a93a1; stroke-width: 1.5; }
  .head { fill: #8a93a1; stroke: none; }
  .lit > rect { fill: #dbe7ff; stroke: #1d4ed8; }
  .lit > text { fill: #12306e; font-weight: 600; }
  .stage.lit > rect { fill: #1d4ed8; }
  .stage.lit > text { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    rect { stroke: #454d59; }
    text { fill: #a3adba; }
    .lit > rect { fill: #172a4d; stroke: #8ab4ff; }
    .lit > text { fill: #d6e4ff; }
    .stage.lit > rect { fill: #8ab4ff; }
    .stage.lit > text { fill: #0b1a33; }
  }
</style>
${rows.join('\n')}
${drawWays()}
</svg>
`;
}

/** What is lit, for who does not see it. */
export function inWords(occupied: readonly string[]): string {
  return occupied.length > 0 ? occupied.join(', ') : 'in none of the places';
}

function drawRow(place: PlaceName, index: number, occupied: readonly string[]): string {
  const top = 1 + index * (row.height + row.gap);
  const middle = top + row.height / 2 + 4.5;
  let left = chip.left;
  const chips = places[place].map((stage) => {
    const width = stage.length * 7.4 + 16;
    const drawn = `<g class="${lit('stage', isOccupied(place, stage, occupied))}" data-stage="${stage}"><rect x="${left}" y="${top + 6}" width="${width}" height="${chip.height}" rx="11"/><text x="${left + width / 2}" y="${middle}" text-anchor="middle">${stage}</text></g>`;
    left += width + chip.gap;
    return drawn;
  });
  const isLit = places[place].some((stage) => isOccupied(place, stage, occupied));
  return `<g data-place="${place}">
<g class="${lit('place', isLit)}"><rect x="1" y="${top}" width="${row.width}" height="${row.height}" rx="8"/><text x="14" y="${middle}">${place}</text></g>
${chips.join('\n')}${meaning[place] && `\n<text x="${left + 6}" y="${middle}">${meaning[place]}</text>`}
</g>`;
}

function isOccupied(place: PlaceName, stage: string, occupied: readonly string[]): boolean {
  return occupied.includes(place === stage ? place : `${place}: ${stage}`);
}

function lit(kind: string, is: boolean): string {
  return is ? `${kind} lit` : kind;
}

/** Down from place to place, and from the verdict back to the gate. */
function drawWays(): string {
  const step = row.height + row.gap;
  const down = [0, 1, 2].map((index) => {
    const from = 1 + index * step + row.height;
    return `<path d="M40 ${from + 1}v${row.gap - 6}"/><path class="head" d="M36 ${from + row.gap - 6}h8l-4 5z"/>`;
  });
  const middle = (index: number): number => 1 + index * step + row.height / 2;
  const turn = `<path d="M${row.width + 2} ${middle(2)}h24V${middle(0)}h-18"/><path class="head" d="M${row.width + 8} ${middle(0) - 4}v8l-5 -4z"/>`;
  return [...down, turn].join('\n');
}
