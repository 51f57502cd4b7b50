import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { FlakyApi } from '../src/flaky-api.ts';
import type { Summary } from '../src/summary.ts';

const entry = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** Where the demo leaves its report. */
const cwd = mkdtempSync(join(tmpdir(), 'kyhooks-demo-'));
afterAll(() => rmSync(cwd, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Report {
  readonly interrupted: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  readonly runs: readonly Summary[];
  readonly record: { readonly attempts: readonly unknown[]; readonly outcome: string } | null;
}

/** Runs the demo; sends it Ctrl-C when its output says so. */
function demo(args: readonly string[], interruptAt?: (stdout: string) => boolean): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      // In CI colours are on, also where the output is no terminal.
      env: { ...process.env, NO_COLOR: '1' },
    });
    let stdout = '';
    let stderr = '';
    let interrupted = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (!interrupted && interruptAt?.(stdout)) interrupted = child.kill('SIGINT');
    });
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const report = ({ stdout }: Ended): Report => JSON.parse(stdout) as Report;

describe('the demo', () => {
  test(
    'runs both clients on the same script, and the toolkit gets further',
    { timeout: 60_000 },
    async () => {
      const ended = await demo(['--users', '60', '--invoices', '20', '--json', '--seed', '1']);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      const { interrupted, options, runs, record } = report(ended);
      expect(interrupted).toBe(false);
      expect(options).toMatchObject({ users: 60, invoices: 20, seed: 1, faults: 'mixed' });
      const [plain, postsRetried, toolkit] = runs;
      expect(runs).toHaveLength(3);
      expect(toolkit!.server!.servedFirst).toEqual(plain!.server!.servedFirst);
      expect(Object.keys(plain!.server!.servedFirst).length).toBeGreaterThan(3);
      expect(toolkit!.users.right).toBeGreaterThan(plain!.users.right);
      expect(toolkit!.invoices.right).toBeGreaterThanOrEqual(plain!.invoices.right);
      for (const { users, invoices, requests, latencyMs, server } of runs) {
        expect(users.right + users.wrong + users.failed).toBe(users.planned);
        expect(invoices.right + invoices.wrong + invoices.failed).toBe(20);
        expect(server!.byMethod['POST']).toBeGreaterThanOrEqual(20);
        expect(requests).toBeGreaterThanOrEqual(users.planned + 20);
        expect(latencyMs!.p50).toBeLessThanOrEqual(latencyMs!.p99);
      }
      expect(runs.map(({ users }) => users.planned)).toEqual([60, 0, 60]);
      expect(plain!.server!.byMethod['POST']).toBe(20);
      expect(postsRetried!.server!.copiesKnown).toBe(0);
      expect(record!.attempts.length).toBeGreaterThan(2);
    },
  );

  test('200 invoices under loss: no duplicate with keys, many without', { timeout: 60_000 }, async () => {
    const { runs } = report(await demo(['--users', '1', '--invoices', '200', '--json', '--seed', '1']));
    const [plain, postsRetried, toolkit] = runs;
    expect(toolkit!.server).toMatchObject({ duplicateWrites: 0, lostInvoices: 0 });
    expect(toolkit!.server!.copiesKnown).toBeGreaterThan(0);
    expect(toolkit!.invoices.right).toBeGreaterThan(plain!.invoices.right);
    expect(postsRetried!.server!.duplicateWrites).toBeGreaterThan(10);
  });

  test('gets everything right from an API without faults; prints table and waterfall, and draws the report', async () => {
    const { code, stdout, stderr } = await demo('--users 20 --invoices 5 --faults none'.split(' '));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/plain ky, users: 20\/20/);
    expect(stdout).toMatch(/users: right answers +│ 20 of 20 \(100\.0 %\) │ – +│ 20 of 20 \(100\.0 %\)/);
    // The slowest call, whichever it was.
    expect(stdout).toMatch(
      /(?:GET|POST) http:\/\/127\.0\.0\.1:\d+\/(?:users\/\d+|invoices) {2}ok, 1 attempt, /,
    );
    expect(stdout).toMatch(/The same in pictures: file:\/\/\S+\/demo-report\.html\n$/);
    expect(readFileSync(join(cwd, 'demo-report.html'), 'utf8')).toMatch(/^<!doctype html>[^]*<\/html>\s*$/);
  });

  test('reports what was finished when it is interrupted, and exits with 130', async () => {
    const inFirst = await demo([], (stdout) => stdout.includes('plain ky, users'));
    expect(inFirst).toMatchObject({ code: 130, stderr: '' });
    expect(inFirst.stdout).toContain('Interrupted: this is what was finished.');
    expect(inFirst.stdout).toMatch(/interrupted or not begun +│ [1-9]/);
    expect(inFirst.stdout).toMatch(/requests the server got +│ [1-9]/);
  });

  test('stops at once, before its pauses are over', async () => {
    let interruptedAt = 0;
    const ended = await demo(['--users', '200', '--faults', 'storm'], (stdout) => {
      if (interruptedAt === 0 && stdout.includes('plain ky, users')) interruptedAt = performance.now();
      return interruptedAt > 0;
    });
    expect(ended.code).toBe(130);
    expect(performance.now() - interruptedAt).toBeLessThan(900);
  });

  test.each([
    [['--users', '0', '--faults', 'x'], /--users must be .*\n.*--faults must be one of/],
    [['--sed', '1'], /unknown option '--sed'\n\(Did you mean --seed\?\)/],
    [['--target', 'http://host/'], /--target must contain \{id\}/],
  ])('explains bad options and exits with 2: %j', async (args, message) => {
    const { code, stdout, stderr } = await demo(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('shows its options and exits with 0', async () => {
    const { code, stdout } = await demo(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--concurrency <count>');
  });

  test('reads from an API of one’s own', async () => {
    const server = await FlakyApi.start({ seed: 3, faults: 'drift' });
    try {
      const ended = await demo(['--target', `${server.url}/users/{id}`, '--users', '40', '--json']);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      const { runs } = report(ended);
      for (const { users, invoices, requests, server: counts } of runs) {
        expect(users.right).toBeGreaterThan(30);
        expect(users.right + users.failed).toBe(40);
        expect(invoices.planned).toBe(0);
        expect(requests).toBe(40);
        expect(counts).toBeUndefined();
      }
      expect((await server.takeStats()).byMethod).toEqual({ GET: 80 });
    } finally {
      await server.stop();
    }
  });

  test('sends the traces of the toolkit’s calls where it is told to', async () => {
    const bodies: string[] = [];
    const receiver = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        if (request.url === '/v1/traces') bodies.push(body);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
      const { code, stdout } = await demo(['--users', '30', '--invoices', '5', '--otlp', `${url}/`]);
      expect(code).toBe(0);
      const [, sent] = /Traces: (\d+) spans sent to http:\S+\/v1\/traces\n/.exec(stdout) ?? [];
      expect(Number(sent)).toBeGreaterThan(70);
      const all = bodies.join();
      expect(all.match(/"name":"call (?:GET|POST) [^"]+"/g)).toHaveLength(35);
      expect(all.match(/"name":"(?:GET|POST) [^"]+"/g)?.length).toBeGreaterThanOrEqual(35);
      expect(all).toContain('kyhooks-demo');
    } finally {
      receiver.closeAllConnections();
      receiver.close();
    }
  });

  test('says that traces were lost where nobody receives them, and goes on', async () => {
    const args = [
      '--users',
      '5',
      '--invoices',
      '0',
      '--faults',
      'none',
      '--json',
      '--otlp',
      'http://127.0.0.1:9',
    ];
    const ended = await demo(args);
    expect(ended.code).toBe(0);
    const { traces } = report(ended) as Report & { readonly traces: unknown };
    expect(traces).toMatchObject({ endpoint: 'http://127.0.0.1:9/v1/traces', sent: 0, lost: 10 });
  });
});
