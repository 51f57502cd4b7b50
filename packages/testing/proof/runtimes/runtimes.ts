import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import findChromium, { launchOptions } from '../../../../tooling/chromium.ts';
import { npmProgram } from './npm-program.ts';

/** One that the suites run on. */
export interface Runtime {
  readonly name: string;
  /** Fetches it where it is not there; throws with the command to type where it cannot. */
  find(): Promise<Found>;
}

interface Found {
  readonly version: string;
  /** How it runs the suites: the files are in `folder`, the report goes to `url`. */
  command(folder: string, url: string): readonly [program: string, ...args: string[]];
}

const fromNpm = (name: string, npmName: string, version: string, ...args: string[]): Runtime => ({
  name,
  async find() {
    const program = npmProgram(npmName, version);
    return { version, command: (folder) => [program, ...args, join(folder, 'main.js')] };
  },
});

const workerd: Runtime = {
  name: 'workerd (Cloudflare Workers)',
  async find() {
    const version = '1.20261117.1';
    const program = npmProgram('workerd', version);
    return {
      version,
      command(folder) {
        const config = join(folder, 'workerd.capnp');
        writeFileSync(config, workerdConfig);
        return [program, 'test', config];
      },
    };
  },
};

/** No compatibility flag: what a Worker has by itself. The network is for the report. */
const workerdConfig = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "internet", network = (allow = ["private"])),
  (name = "suites", worker = (
    compatibilityDate = "2026-11-01",
    modules = [
      (name = "worker.js", esModule = embed "worker.js"),
      (name = "suites.js", esModule = embed "suites.js"),
    ],
  )),
]);
`;

const chromium: Runtime = {
  name: 'Chromium',
  async find() {
    await findChromium();
    const { executablePath, args } = launchOptions;
    return {
      version: versionOf(executablePath),
      command: (folder, url) => [
        executablePath,
        ...args,
        '--headless',
        `--user-data-dir=${join(folder, 'profile')}`,
        new URL('/', url).href,
      ],
    };
  },
};

export const firefox: Runtime = {
  name: 'Firefox',
  async find() {
    const program = process.env['FIREFOX_PATH'] ?? 'firefox-esr';
    let version;
    try {
      version = versionOf(program);
    } catch (cause) {
      const ways = '  apt-get install -y firefox-esr\n  export FIREFOX_PATH=/path/to/firefox';
      throw new Error(`No Firefox works here. Type one of these:\n${ways}`, { cause });
    }
    return {
      version,
      command: (folder, url) => [
        program,
        '--headless',
        '--no-remote',
        '--profile',
        join(folder, 'profile'),
        new URL('/', url).href,
      ],
    };
  },
};

/** In all of them all suites pass, but for `differences`. */
export const runtimes: readonly Runtime[] = [
  fromNpm('Node.js 22', 'node', '22.23.3'),
  fromNpm('Node.js 24', 'node', '24.21.0'),
  fromNpm('Node.js 26', 'node', '26.10.0'),
  fromNpm('Bun', 'bun', '1.4.5', 'run'),
  fromNpm('Deno', 'deno', '2.9.6', 'run', '--allow-all'),
  workerd,
  chromium,
];

function versionOf(browser: string): string {
  return /\d[\d.]+/.exec(execFileSync(browser, ['--version'], { encoding: 'utf8' }))![0];
}
