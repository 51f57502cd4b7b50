import { html, Markup } from '../../demo/src/html/markup.ts';
import type { Outcome } from './state.ts';

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem; }
  section { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: 0.5rem 0; }
  h2 { font-size: 1.1rem; }
  .holds { color: light-dark(#17691b, #7bd67f); }
  .fails { color: light-dark(#b3261e, #ff8a80); }
  td { padding: 0.1rem 1rem 0.1rem 0; vertical-align: top; }
  td + td { font-variant-numeric: tabular-nums; }
  pre { overflow-x: auto; font-size: 0.85rem; }
  svg { max-width: 100%; height: auto; }
`;

/** What was proved, on one page that needs nothing else. */
export function page(found: { of: string; machine: string; outcomes: readonly Outcome[] }): string {
  const failed = found.outcomes.filter(({ error }) => error !== undefined).length;
  const verdict = failed === 0 ? 'All that was run holds' : `${failed} do not hold`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>kyhooks: the proof</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <h1>kyhooks: the proof</h1>
        <p>${verdict}. Source ${found.of}. ${found.machine}. Written by <code>npm run proof</code>.</p>
        ${found.outcomes.map(section)}
      </body>
    </html>`.text;
}

function section({ name, title, seconds, facts, pictures, error }: Outcome): Markup {
  return html`<section>
    <h2>
      ${name}: ${title}
      <span class="${error === undefined ? 'holds' : 'fails'}"
        >${error === undefined ? 'holds' : 'does not hold'}</span
      >
      <small>${seconds} s</small>
    </h2>
    <table>
      ${facts.map(
        ([what, measured]) =>
          html`<tr>
            <td>${what}</td>
            <td>${measured}</td>
          </tr>`,
      )}
    </table>
    ${pictures.map(
      (picture) =>
        html`<figure>
          ${new Markup(picture.svg)}
          <figcaption>${picture.title}</figcaption>
        </figure>`,
    )}
    ${error !== undefined && html`<pre>${error}</pre>`}
  </section>`;
}
