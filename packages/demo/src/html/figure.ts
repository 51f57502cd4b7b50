import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { html, Markup } from './markup.ts';

/** How much room a picture has. */
export interface Room {
  readonly width: number;
  /** On a phone. */
  readonly narrow: boolean;
}

const page: readonly Room[] = [
  { width: 1040, narrow: false },
  { width: 342, narrow: true },
];

/**
 * A picture for wide and for narrow screens, of which the style sheet shows one: text keeps its size that way, and no
 * script is needed. Marks with a `title` can be pointed at, and in a picture `withStops` reached by Tab.
 */
export function figure(
  label: string,
  plot: (room: Room) => Plot.PlotOptions,
  withStops = false,
  rooms: readonly Room[] = page,
): Markup {
  return html`${rooms.map((room) => {
    const drawn = draw(label, room.width, plot(room), withStops);
    return html`<div class="${room.narrow ? 'narrow' : 'wide'}">${drawn}</div>`;
  })}`;
}

/** A picture of this width. */
export function draw(label: string, width: number, options: Plot.PlotOptions, withStops = false): Markup {
  const { document } = parseHTML('<html><body></body></html>');
  const svg = Plot.plot({ document, width, ariaLabel: label, ...options });
  svg.setAttribute('role', 'group');
  // Its own rules are for a page with a white ground.
  svg.querySelector('style')?.remove();
  // Only what has a role may have a name.
  for (const group of svg.querySelectorAll('g')) group.removeAttribute('aria-label');
  for (const title of svg.querySelectorAll('title')) {
    const mark = title.parentElement!;
    if (withStops) mark.setAttribute('tabindex', '0');
    mark.setAttribute('role', 'img');
    mark.setAttribute('aria-label', title.textContent);
    mark.setAttribute('data-tip', title.textContent);
    title.remove();
  }
  return new Markup(svg.outerHTML);
}

/** The colours that mean something, by what they mean; each is a variable of the style sheet. */
export function legend(colors: Readonly<Record<string, string>>): Markup {
  return html`<ul class="legend">
    ${Object.entries(colors).map(
      ([name, color]) => html`<li><i style="background: ${color}"></i>${name}</li>`,
    )}
  </ul>`;
}

/** For `color` of a plot. */
export function scale(colors: Readonly<Record<string, string>>): Plot.ScaleOptions {
  return { domain: Object.keys(colors), range: Object.values(colors) };
}
