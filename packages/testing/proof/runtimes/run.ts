import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Report } from './report.ts';
import type { Runtime } from './runtimes.ts';

/** The whole of a run; the slowest takes a fifth of it. */
const limitMs = 600_000;

/** Runs the suites in a runtime, which sends its report over HTTP: all of them can. */
export async function run(runtime: Runtime, suites: string): Promise<{ version: string; report: Report }> {
  const found = await runtime.find();
  const { version } = found;
  const folder = mkdtempSync(join(tmpdir(), 'kyhooks-suites-'));
  let resolve!: (report: Report) => void;
  let reject!: (error: unknown) => void;
  const reported = new Promise<Report>((...settle) => ([resolve, reject] = settle));
  const server = createServer((request, response) => {
    const page = pages[request.url!];
    if (page !== undefined) {
      response.setHeader('content-type', request.url === '/' ? 'text/html' : 'text/javascript').end(page);
    } else if (request.method === 'POST') {
      text(request).then((json) => resolve(JSON.parse(json) as Report), reject);
      response.end();
    } else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/report`;

  const main = `import { report } from './suites.js';\n`;
  const files = {
    'suites.js': suites,
    'main.js': `${main}await report(${JSON.stringify(url)});`,
    'worker.js': `${main}export default { test: () => report(${JSON.stringify(url)}) };`,
    'package.json': '{ "type": "module" }',
  };
  const pages: Readonly<Record<string, string>> = {
    '/': '<!doctype html><meta charset="utf-8"><script type="module" src="/main.js"></script>',
    '/main.js': files['main.js'],
    '/suites.js': suites,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, 'profile'));

  const [program, ...args] = found.command(folder, url);
  // A group of its own: some of these programs are scripts that start the real one.
  const child = spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const failed = (how: string): void =>
    reject(new Error(`${runtime.name} ${version} ${how} without a report:\n${output.slice(-5_000)}`));
  child.on('error', reject);
  child.on('exit', (code) => failed(`ended with ${code}`));
  const timer = setTimeout(() => failed(`was stopped after ${limitMs} ms`), limitMs);
  try {
    return { version, report: await reported };
  } finally {
    clearTimeout(timer);
    server.closeAllConnections();
    server.close();
    if (child.exitCode === null && child.pid !== undefined) {
      process.kill(-child.pid, 'SIGKILL');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
