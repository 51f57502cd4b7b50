import type { CallRecord } from '@kyhooks/core';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { htmlReport } from '../src/html/page.ts';
import { html } from '../src/html/markup.ts';
import type { Result } from '../src/job.ts';
import { parseOptions } from '../src/options.ts';
import type { Story } from '../src/story.ts';
import { summarize } from '../src/summary.ts';

const startTimeMs = 1_700_000_000_000;

const record = (attempts: CallRecord['attempts'], decisions: CallRecord['decisions'] = []): CallRecord => ({
  id: 'x-1',
  method: 'GET',
  url: 'http://api/users/7',
  route: '/users/:id',
  startTimeMs,
  durationMs: 1500,
  replaySafe: false,
  phase: 'body',
  attempts,
  decisions,
  outcome: 'ok',
});
const first = { number: 1, startMs: 0, backoffMs: 0, gateMs: 0, queuedMs: 0, headersMs: 20 };
const again = { number: 2, startMs: 1020, backoffMs: 1000, gateMs: 300, queuedMs: 290, headersMs: 40 };

const result = (subject: string, kind: Result['kind'], more: Partial<Result> = {}): Result => ({
  subject,
  kind,
  durationMs: 1500,
  attempts: 1,
  ...more,
});

const plain: Story = {
  client: 'plain ky',
  startTimeMs,
  results: [
    result('user 1', 'wrong', { record: record([{ ...first, status: 200 }]) }),
    result('user 7', 'failed', { reason: 'status <503>', record: record([{ ...first, status: 503 }]) }),
  ],
};
const toolkit: Story = {
  client: 'ky + kyhooks',
  startTimeMs,
  results: [
    result('user 1', 'failed', { reason: 'drift', record: record([{ ...first, status: 200 }]) }),
    result('user 7', 'right', {
      record: record(
        [
          { ...first, error: 'ECONNRESET' },
          { ...again, status: 200, bodyMs: 100 },
        ],
        [{ attempt: 1, layer: 'retry', verdict: 'retry', reason: 'ECONNRESET is <safe>', delayMs: 1000 }],
      ),
    }),
  ],
  limiter: [
    { timeMs: startTimeMs + 20, running: 3, waiting: 0 },
    { timeMs: startTimeMs + 500, running: 10, waiting: 4 },
  ],
  drifts: [
    {
      kind: 'invalid',
      direction: 'response',
      part: 'body',
      method: 'GET',
      route: '/users/:id',
      status: 200,
      issues: [{ path: 'email', keys: ['email'], message: 'expected string, got null' }],
      issueCount: 1,
    },
  ],
};

function draw(stories: readonly Story[], interrupted = false): Document {
  const summaries = stories.map(({ client, results }) =>
    summarize({
      client,
      settings: 'as it is',
      planned: { users: 2, invoices: 0 },
      users: results,
      invoices: [],
      elapsedMs: 1500,
    }),
  );
  return parseHTML(htmlReport(parseOptions([]), { summaries, stories }, interrupted)).document;
}

const headings = (page: Document): unknown[] => [...page.querySelectorAll('h2')].map((h2) => h2.textContent);

describe('the drawn report', () => {
  const page = draw([plain, toolkit]);

  test('has a picture for each thing that happened, for wide and for narrow screens', () => {
    expect(headings(page)).toEqual([
      'Side by side',
      'The most eventful calls',
      'On the wire',
      'How long calls took',
      'The limiter',
      'Drift',
    ]);
    expect(page.querySelectorAll('.wide svg').length).toBeGreaterThan(6);
    expect(page.querySelectorAll('.narrow svg')).toHaveLength(page.querySelectorAll('.wide svg').length);
    for (const svg of page.querySelectorAll('svg')) expect(svg.getAttribute('aria-label')).toBeTruthy();
  });

  test('asks for no other file', () => {
    expect(page.querySelector('link, img, script[src]')).toBeNull();
    expect(page.querySelector('style')!.textContent).not.toContain('url(');
  });

  test('tells why at each attempt of both clients, to pointer and keyboard', () => {
    const section = [...page.querySelectorAll('.call')].find((call) => call.textContent.includes('user 7'))!;
    const marks = [...section.querySelectorAll('.wide [data-tip]')];
    expect(marks.map((mark) => mark.getAttribute('data-tip'))).toEqual([
      'plain ky, attempt 1: 503\nheaders 20 ms',
      'ky + kyhooks, attempt 1: reset\nheaders 20 ms\nretry: retry after 1,000 ms, ECONNRESET is <safe>',
      'ky + kyhooks, attempt 2: 200\nwaited 1,000 ms · queued 290 ms · headers 40 ms · body 100 ms',
    ]);
    for (const mark of marks) {
      expect(mark.getAttribute('tabindex')).toBe('0');
      expect(mark.getAttribute('aria-label')).toBe(mark.getAttribute('data-tip'));
    }
    expect(section.querySelector('details')!.textContent).toContain('ECONNRESET is <safe>');
    expect(section.querySelector('svg')!.textContent).toContain('failed: status <503>');
  });

  test('names what drifted, and how much of it plain ky took for right', () => {
    const drift = [...page.querySelectorAll('.card')].at(-1)!.textContent.replace(/\s+/g, ' ');
    expect(drift).toContain('1 answer broke its contract');
    expect(drift).toContain('plain ky took for right: 1');
    expect(drift).toContain('email: expected string, got null');
  });

  test('draws what there is: one client, nothing measured, a run that was interrupted', () => {
    const one = draw([plain], true);
    expect(one.querySelector('.note')!.textContent).toContain('Interrupted');
    expect(headings(one)).toEqual(['Side by side', 'On the wire', 'How long calls took']);
    expect(headings(draw([{ ...plain, results: [] }]))).toContain('Side by side');
  });
});

test('values in markup are escaped once', () => {
  const inner = html`<b>${'<&"\''}</b>`;
  expect(html`${inner}${[inner, 1, undefined, false]}`.text).toBe(
    '<b>&#60;&#38;&#34;&#39;</b><b>&#60;&#38;&#34;&#39;</b>1',
  );
});
