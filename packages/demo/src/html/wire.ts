import type { AttemptRecord } from '@kyhooks/core';
import * as Plot from '@observablehq/plot';
import type { Story } from '../story.ts';
import { count } from '../words.ts';
import { figure, legend, scale } from './figure.ts';
import { html, type Markup } from './markup.ts';

const outcomes = {
  'status 2xx': 'var(--good)',
  'status 429': 'var(--warm)',
  'status 5xx': 'var(--bad)',
  'other status': 'var(--quiet)',
  'no answer': 'var(--lost)',
};

/** An attempt on the time line of its run. */
interface Sent {
  readonly client: string;
  readonly seconds: number;
  readonly outcome: string;
  readonly resent: boolean;
  /** How long the call waited before. */
  readonly pause: number;
}

/** What each client sent, what came of it, and how many calls paused, second by second. */
export function wire(stories: readonly Story[]): Markup {
  const sent = stories.flatMap(sentBy);
  const clients = stories.map(({ client }) => client);
  const end = Math.ceil(Math.max(1, ...sent.map(({ seconds }) => seconds)));
  const binsOf = (narrow: boolean): number => Math.max(1, Math.ceil(end / (narrow ? 40 : 100)));
  return html`${legend({ ...outcomes, 'sent again': 'var(--line)' })}
    ${figure('Requests over time by outcome, by client', ({ narrow }) => {
      const bin = binsOf(narrow);
      return {
        ...frame(clients, end),
        color: scale(outcomes),
        marks: [
          Plot.rectY(counted(sent, bin), {
            x1: 'from',
            x2: 'to',
            y: 'rate',
            fill: 'outcome',
            fy: 'client',
            inset: 0.5,
            title: 'tip',
            order: Object.keys(outcomes),
          }),
          Plot.lineY(resends(sent, clients, bin, end), {
            x: 'at',
            y: 'rate',
            fy: 'client',
            stroke: 'var(--line)',
            strokeWidth: 1.5,
            curve: 'step-after',
          }),
          ...names(stories, 'requests a second'),
        ],
      };
    })}
    <h3>Calls in a pause before they are sent again</h3>
    ${figure('Calls that pause, over time, by client', ({ narrow }) => ({
      ...frame(clients, end, 80),
      marks: [
        Plot.areaY(pauses(sent, clients, binsOf(narrow), end), {
          x: 'at',
          y: 'calls',
          fy: 'client',
          fill: 'var(--wait)',
          curve: 'step-after',
        }),
        ...names(stories, 'calls'),
      ],
    }))}`;
}

function frame(clients: readonly string[], end: number, height = 120): Plot.PlotOptions {
  return {
    height: height * clients.length + 40,
    marginLeft: 40,
    marginRight: 12,
    marginTop: 30,
    x: { domain: [0, end], label: null, tickFormat: (seconds: number) => `${seconds} s` },
    y: { label: null, grid: true, ticks: 3 },
    fy: { label: null, axis: null, domain: [...clients], padding: 0.25 },
  };
}

function names(stories: readonly Story[], unit: string): Plot.Markish[] {
  return [
    Plot.text(stories, {
      fy: 'client',
      text: ({ client }: Story) => `${client}: ${unit}`,
      frameAnchor: 'top-left',
      dy: -16,
      dx: -36,
      fontWeight: 600,
    }),
    Plot.ruleY([0], { stroke: 'currentColor' }),
  ];
}

function sentBy({ client, startTimeMs, results }: Story): Sent[] {
  return results.flatMap(({ record }) =>
    (record?.attempts ?? []).map((attempt) => ({
      client,
      seconds: Math.max(0, (record!.startTimeMs - startTimeMs + attempt.startMs + attempt.gateMs) / 1000),
      outcome: outcomeOf(attempt),
      resent: attempt.number > 1,
      pause: attempt.backoffMs / 1000,
    })),
  );
}

function outcomeOf({ status }: AttemptRecord): keyof typeof outcomes {
  if (status === undefined) return 'no answer';
  if (status === 429) return 'status 429';
  if (status >= 500) return 'status 5xx';
  return status >= 200 && status < 300 ? 'status 2xx' : 'other status';
}

function counted(sent: readonly Sent[], bin: number): object[] {
  const groups = Object.groupBy(sent, ({ client, seconds, outcome }) =>
    JSON.stringify([client, Math.floor(seconds / bin) * bin, outcome]),
  );
  return Object.entries(groups).map(([key, { length } = []]) => {
    const [client, from, outcome] = JSON.parse(key) as [string, number, string];
    const tip = `${client}, second ${from}\n${count(length)} × ${outcome}`;
    return { client, from, to: from + bin, outcome, rate: length / bin, tip };
  });
}

function resends(sent: readonly Sent[], clients: readonly string[], bin: number, end: number): object[] {
  return clients.flatMap((client) => {
    const own = sent.filter((one) => one.client === client && one.resent);
    return steps(end, bin).map((from) => ({
      client,
      at: from,
      rate: own.filter(({ seconds }) => seconds >= from && seconds < from + bin).length / bin,
    }));
  });
}

/** How many calls paused on average within each step. */
function pauses(sent: readonly Sent[], clients: readonly string[], bin: number, end: number): object[] {
  return clients.flatMap((client) => {
    const own = sent.filter((one) => one.client === client && one.pause > 0);
    return steps(end, bin).map((from) => ({
      client,
      at: from,
      calls:
        own.reduce(
          (sum, { seconds, pause }) =>
            sum + Math.max(0, Math.min(seconds, from + bin) - Math.max(seconds - pause, from)),
          0,
        ) / bin,
    }));
  });
}

function steps(end: number, bin: number): number[] {
  return Array.from({ length: Math.ceil(end / bin) }, (_, index) => index * bin);
}
