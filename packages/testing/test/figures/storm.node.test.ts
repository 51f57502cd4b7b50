import { expect, test, vi } from 'vitest';
import { clients, outage, storm, type Storm } from './storm.ts';
import { drawStorms } from './storm-plot.ts';
import { figure, markdownTable } from './table.ts';

// Thousands of calls; a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

const during = ({ perSecond }: Storm): number =>
  perSecond.slice(outage.from, outage.to).reduce((sum, requests) => sum + requests, 0);

test('a server that is down gets a fraction of the retries when there is a budget', async () => {
  const storms = {
    'without a budget': await storm({ budget: false }),
    'with the budget': await storm({}),
    'no retries': await storm(false),
  };
  const calls = clients * (outage.to - outage.from);
  const retries = during(storms['without a budget']) - calls;
  const budgeted = during(storms['with the budget']) - calls;
  // 10 a second, and a fifth of the calls; a second more, because what was allowed may still wait.
  expect(budgeted).toBeLessThanOrEqual((outage.to - outage.from + 1) * (10 + clients / 5));
  expect(retries).toBeGreaterThan(5 * budgeted);
  expect(during(storms['no retries'])).toBe(calls);

  const rows = Object.entries(storms).map(([name, of]) => [
    name,
    during(of),
    (during(of) / calls).toFixed(2),
    Math.max(...of.perSecond),
    of.failed,
  ]);
  const head = ['client', 'requests in the outage', 'per call', 'most in a second', 'calls that failed'];
  await expect(markdownTable(head, rows)).toMatchFileSnapshot(figure('.figures/retry-storm.md'));
  await expect(drawStorms(storms)).toMatchFileSnapshot(figure('public/retry-storm.svg'));
});
