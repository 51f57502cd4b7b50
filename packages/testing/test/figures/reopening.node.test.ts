import { expect, test } from 'vitest';
import { callers, callsPerCaller, clients, pause, reopen, type Reopening } from './reopening.ts';
import { drawReopenings } from './reopening-plot.ts';
import { figure, markdownTable } from './table.ts';

test('a 429 with Retry-After stops everybody, and no stampede follows', async () => {
  const reopenings: Record<string, Reopening> = {};
  for (const [name, client] of Object.entries(clients)) reopenings[name] = await reopen(client);

  const { arrivals, succeeded } = reopenings['rateLimit({ maxConcurrent: 10 })']!;
  expect(succeeded).toBe(callers * callsPerCaller);
  expect(inPause(arrivals)).toBe(0);
  expect(arrivals.filter(({ refused }) => refused)).toHaveLength(1);
  // No two of those that start behind the pause start together, until the gap has become small.
  const behind = arrivals.map(({ ms }) => ms).filter((ms) => ms >= pause.to && ms < pause.to + 1_000);
  for (const [index, ms] of behind.slice(1).entries()) expect(ms - behind[index]!).toBeGreaterThanOrEqual(10);

  const rows = Object.entries(reopenings).map(([name, of]) => [
    name,
    of.arrivals.length,
    inPause(of.arrivals),
    mostIn25ms(of.arrivals),
    `${Math.round(of.doneMs)} ms`,
    callers * callsPerCaller - of.succeeded,
  ]);
  const head = [
    'client',
    'requests',
    'in the pause',
    'most in 25 ms behind it',
    'all done after',
    'calls that failed',
  ];
  await expect(markdownTable(head, rows)).toMatchFileSnapshot(figure('.figures/rate-limit-reopening.md'));
  const until = Math.max(...Object.values(reopenings).map(({ doneMs }) => doneMs)) + 50;
  await expect(drawReopenings(reopenings, until)).toMatchFileSnapshot(
    figure('public/rate-limit-reopening.svg'),
  );
});

function inPause(arrivals: Reopening['arrivals']): number {
  return arrivals.filter(({ ms }) => ms >= pause.from && ms < pause.to).length;
}

function mostIn25ms(arrivals: Reopening['arrivals']): number {
  const behind = arrivals.map(({ ms }) => ms).filter((ms) => ms >= pause.to);
  return Math.max(...behind.map((from) => behind.filter((ms) => ms >= from && ms < from + 25).length));
}
