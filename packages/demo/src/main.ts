import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CommanderError } from 'commander';
import { type Comparison, compare } from './compare.ts';
import { type Options, parseOptions, UsageError } from './options.ts';
import { noProgress, progressOn } from './progress.ts';
import { announcement, jsonReport, textReport } from './report.ts';

const exitCodes = { usage: 2, interrupted: 130 };

const options = readOptions();
if (options?.browser) await serve(options);
else if (options) await run(options);

function readOptions(): Options | undefined {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof CommanderError || error instanceof UsageError)) throw error;
    if (error instanceof CommanderError && error.exitCode === 0) return undefined; // --help
    process.stderr.write(`${error.message}\nAll options: npm run demo -- --help\n`);
    process.exitCode = exitCodes.usage;
    return undefined;
  }
}

async function run(settings: Options): Promise<void> {
  const { json } = settings;
  const { stdout } = process;
  const signal = interruptSignal();
  if (!json) stdout.write(announcement(settings));
  const found = await compare(settings, json ? noProgress : progressOn(stdout), signal);
  const report = json ? jsonReport(settings, found, signal.aborted) : textReport(found, signal.aborted);
  if (signal.aborted) process.exitCode = exitCodes.interrupted;
  const drawn = await draw(settings, found, signal.aborted);
  // Sockets kept alive would hold the process for seconds.
  stdout.write(report + drawn, () => process.exit());
}

/** Serves the playground until Ctrl-C. */
async function serve({ seed }: Options): Promise<void> {
  const ended = once(process, 'SIGINT');
  const { servePlayground } = await import('../browser/serve.ts');
  // Not by `await using`, which Node 22 cannot read.
  const served = await servePlayground(seed);
  try {
    process.stdout.write(
      `The page is at ${served.url}\nIt calls the flaky API at ${served.apiUrl}, another origin. Ctrl-C ends both.\n`,
    );
    await ended;
  } finally {
    await served[Symbol.asyncDispose]();
  }
}

/** Draws the report where one is wanted; tells where it is. */
async function draw(settings: Options, found: Comparison, interrupted: boolean): Promise<string> {
  const { report, json } = settings;
  if (report === undefined || found.stories.length === 0) return '';
  // Loaded only now, because the first request should not wait for it.
  const { htmlReport } = await import('./html/page.ts');
  writeFileSync(report, htmlReport(settings, found, interrupted));
  return json ? '' : `\nThe same in pictures: ${pathToFileURL(report).href}\n`;
}

/** Aborts at Ctrl-C. One that comes later than the report should have ends the process. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  let abortedAt = 0;
  process.on('SIGINT', () => {
    if (!controller.signal.aborted) abortedAt = performance.now();
    else if (performance.now() - abortedAt > 1000) process.exit(exitCodes.interrupted);
    controller.abort();
  });
  return controller.signal;
}
