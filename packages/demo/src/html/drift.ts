import type { Drift } from '@kyhooks/schema';
import { count } from '../words.ts';
import { html, type Markup } from './markup.ts';

/** Which answers broke their contracts, where, and how often. */
export function drift(drifts: readonly Drift[], acceptedByPlainKy: number): Markup {
  const groups = Object.groupBy(drifts, ({ method, route, kind, issues }) =>
    JSON.stringify([
      `${method} ${route}`,
      kind,
      issues.map(({ path, message }) => `${path || 'the whole'}: ${message}`),
    ]),
  );
  const rows = Object.entries(groups)
    .map(([key, { length } = []]) => {
      const [route, kind, issues] = JSON.parse(key) as [string, string, string[]];
      return { route, kind, issues, times: length };
    })
    .toSorted((a, b) => b.times - a.times);
  return html`<p>
      ${drifts.length === 1 ? '1 answer broke its contract' : `${count(drifts.length)} answers broke their contract`};
      <code>schema()</code> throws them as errors. Wrong answers that plain ky took for right:
      ${count(acceptedByPlainKy)}.
    </p>
    <div class="scroll">
      <table class="drift">
        <thead>
          <tr>
            <th scope="col">answers</th>
            <th scope="col">route</th>
            <th scope="col">kind</th>
            <th scope="col">where, and what is wrong</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ route, kind, issues, times }) =>
              html`<tr>
                <td>${count(times)}</td>
                <td><code>${route}</code></td>
                <td>${kind}</td>
                <td>${issues.map((issue) => html`<div>${issue}</div>`)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
