import { readFileSync } from 'node:fs';
import type { Comparison } from '../compare.ts';
import type { Options } from '../options.ts';
import type { Summary } from '../summary.ts';
import { count, percent } from '../words.ts';
import { drift } from './drift.ts';
import { latency } from './latency.ts';
import { limiter } from './limiter.ts';
import { html, Markup } from './markup.ts';
import { sideBySide } from './side-by-side.ts';
import { waterfalls } from './waterfalls.ts';
import { wire } from './wire.ts';

const asset = (name: string): Markup => new Markup(readFileSync(new URL(name, import.meta.url), 'utf8'));

/** What was found, as a page that needs no other file and no network. */
export function htmlReport(options: Options, found: Comparison, interrupted: boolean): string {
  const { seed, users, invoices, faults, concurrency, target } = options;
  const { summaries, stories } = found;
  const ours = stories.find(({ limiter: samples }) => samples);
  const job =
    target === undefined
      ? `${count(users)} users to read and ${count(invoices)} invoices to create, ${concurrency} calls at a time, on an API with faults “${faults}”, seed ${seed}`
      : `${count(users)} reads of ${target}, ${concurrency} at a time`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>kyhooks: one job, by plain ky and by ky with kyhooks</title>
        <style>
          ${asset('report.css')}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>One job, plain ky and kyhooks</h1>
            <p>${job}. First plain ky, then ky with kyhooks; every client meets the same script of faults.</p>
            ${interrupted && html`<p class="note">Interrupted: this is what was finished.</p>`}
            ${tiles(found)}
          </header>
          ${card('Side by side', 'How the calls ended.', sideBySide(summaries))}
          ${card('The most eventful calls', 'One row for each request, in scale. Point at a row, or reach it with Tab, to see what was decided and why.', waterfalls(stories))}
          ${card('On the wire', 'Requests by outcome, and of these the ones sent again.', wire(stories))}
          ${card('How long calls took', 'From the call to its answer or error, on a logarithmic scale.', latency(stories))}
          ${card('The limiter', 'Permits and queue of rateLimit(), the most of each moment.', ours && limiter(ours, target === undefined))}
          ${card('Drift', 'Answers with status 200 that are not what the API promises.', ours?.drifts?.length ? drift(ours.drifts, summaries[0]!.wrongAnswersAccepted) : undefined)}
          <footer>
            ${summaries.map(({ client, settings }) => html`<p><b>${client}</b>: ${settings}.</p>`)}
            <p>
              Drawn from the call records of one run by <code>npm run demo</code>; times are of this machine.
            </p>
          </footer>
          <div id="tip" role="tooltip" hidden></div>
        </main>
        <script>
          ${asset('tips.js')};
        </script>
      </body>
    </html> `;
  return page.text;
}

function card(title: string, lead: string, content: Markup | undefined): Markup | undefined {
  return (
    content &&
    html`<section class="card">
      <h2>${title}</h2>
      <p class="lead">${lead}</p>
      ${content}
    </section>`
  );
}

/** What a reader should see first. */
function tiles({ summaries }: Comparison): Markup | undefined {
  const [plain, ours] = [summaries[0], summaries.at(-1)];
  if (!plain || !ours || plain === ours) return undefined;
  const right = ({ users, invoices }: Summary): string =>
    percent(users.right + invoices.right, users.planned + invoices.planned);
  const tile = (name: string, before: string, after: string, { client } = plain): Markup =>
    html`<li><span>${name}</span><b>${after}</b><small>${client}: ${before}</small></li>`;
  const numbers = (
    name: string,
    of: (summary: Summary) => number | undefined,
    other: Summary = plain,
  ): Markup | undefined => {
    const [before, after] = [of(other), of(ours)];
    if (before === undefined || after === undefined) return undefined;
    return tile(name, count(before), count(after), other);
  };
  return html`<ul class="tiles">
    ${tile('right answers', right(plain), right(ours))}
    ${numbers('failed', ({ users, invoices }) => users.failed + invoices.failed)}
    ${numbers('wrong answers taken for right', ({ server, wrongAnswersAccepted }) => (server ? wrongAnswersAccepted : undefined))}
    ${numbers('duplicate invoices', ({ server }) => server?.duplicateWrites, summaries.at(-2))}
  </ul>`;
}
