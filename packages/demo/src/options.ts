import { Command, Option } from 'commander';
import { type ProfileName, profileNames } from './server/profiles.ts';

/** What the demo is asked to do. */
export interface Options {
  readonly seed: number;
  readonly users: number;
  readonly invoices: number;
  readonly faults: ProfileName;
  readonly concurrency: number;
  readonly json: boolean;
  /** Serve the playground in place of the job. */
  readonly browser: boolean;
  /** The file that the report is drawn into. */
  readonly report?: string;
  /** Template of a URL of an API of one's own. */
  readonly target?: string;
  /** Where the traces of the toolkit's calls are sent: a receiver of OTLP over HTTP. */
  readonly otlp?: string;
}

/** The options make no sense; the message has a line for each fault. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** As commander gives them: text, not checked. */
type Given = Readonly<
  Record<'seed' | 'users' | 'invoices' | 'faults' | 'concurrency', string> &
    Pick<Options, 'json' | 'browser' | 'target' | 'otlp'> & { readonly report: string | false }
>;

/**
 * Reads the command line.
 *
 * @throws UsageError naming every value that is not valid; CommanderError for options it does not know, and for `--help`
 */
export function parseOptions(argv: readonly string[]): Options {
  const command = describe().parse(argv, { from: 'user' });
  const given = command.opts<Given>();
  const faults: string[] = [];
  const whole = (name: 'seed' | 'users' | 'invoices' | 'concurrency', min: number, max: number): number => {
    const value = /^-?\d+$/.test(given[name]) ? Number(given[name]) : NaN;
    if (!(value >= min && value <= max)) {
      faults.push(`--${name} must be a whole number from ${min} to ${max}, got "${given[name]}"`);
    }
    return value;
  };
  // A program that asks for JSON has no use for a page, unless it says so.
  const drawn = given.json && command.getOptionValueSource('report') === 'default' ? false : given.report;
  const options: Options = {
    seed: whole('seed', 0, Number.MAX_SAFE_INTEGER),
    users: whole('users', 1, 100_000),
    invoices: whole('invoices', 0, 100_000),
    faults: given.faults as ProfileName,
    concurrency: whole('concurrency', 1, 1000),
    json: given.json,
    browser: given.browser,
    ...(drawn && { report: drawn }),
    ...(given.target !== undefined && { target: given.target }),
    ...(given.otlp !== undefined && { otlp: given.otlp }),
  };
  if (!profileNames.includes(options.faults)) {
    faults.push(`--faults must be one of ${profileNames.join(', ')}, got "${given.faults}"`);
  }
  if (options.otlp !== undefined && !isWebUrl(options.otlp)) {
    faults.push(`--otlp must be an http or https URL, got "${options.otlp}"`);
  }
  if (options.target !== undefined) {
    faults.push(...targetFaults(options.target));
    for (const name of ['seed', 'invoices', 'faults'] as const) {
      if (command.getOptionValueSource(name) === 'cli') {
        faults.push(`--${name} is for the built-in API and has no meaning with --target`);
      }
    }
  }
  if (faults.length > 0) throw new UsageError(faults.map((fault) => `error: ${fault}`).join('\n'));
  return options;
}

function describe(): Command {
  return new Command('npm run demo --')
    .description('The same job on the same flaky API: first with plain ky, then with the toolkit.')
    .addOption(new Option('--seed <integer>', 'which script the API plays').default('1'))
    .addOption(new Option('--users <count>', 'users to read').default('1000'))
    .addOption(new Option('--invoices <count>', 'invoices to create').default('200'))
    .addOption(new Option('--faults <name>', `how it is flaky: ${profileNames.join(', ')}`).default('mixed'))
    .addOption(new Option('--concurrency <count>', 'calls at a time').default('20'))
    .addOption(new Option('--json', 'print one JSON object and nothing else').default(false))
    .addOption(
      new Option('--browser', 'serve a page where you switch hooks and faults, until Ctrl-C').default(false),
    )
    .addOption(new Option('--report <file>', 'draw what happened into this file').default('demo-report.html'))
    .addOption(new Option('--no-report', 'draw nothing'))
    .addOption(new Option('--target <template>', "read from an API of your own: 'http://host/users/{id}'"))
    .addOption(
      new Option(
        '--otlp <url>',
        'send the traces of the toolkit’s calls there, such as http://localhost:4318',
      ),
    )
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
}

function isWebUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? '');
}

function targetFaults(template: string): string[] {
  const faults: string[] = [];
  const got = `got "${template}"`;
  if (!template.includes('{id}')) faults.push(`--target must contain {id}, ${got}`);
  const url = URL.parse(template.replaceAll('{id}', '1'));
  if (!url || !/^https?:$/.test(url.protocol)) {
    faults.push(`--target must be an http or https URL, ${got}`);
  } else if (url.username || url.password) {
    faults.push('--target must carry no user name or password: fetch refuses such URLs');
  }
  return faults;
}
