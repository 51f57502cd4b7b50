// Runs a script of the root package.json with the pinned pnpm and Node, whatever this machine has:
// `node tooling/dev.mjs test:run --project node`. Installs first where that is needed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = join(root, 'node_modules/.cache/bootstrap.json');
const windows = process.platform === 'win32';
const read = (path) => readFileSync(join(root, path), 'utf8');
const { packageManager, config, scripts } = JSON.parse(read('package.json'));

const env = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };
for (const [name, value] of Object.entries(process.env)) {
  // What npm tells its own script would mislead the tools below.
  if (!/^npm_(package|lifecycle|command|execpath|node_execpath)/.test(name)) env[name] = value;
}

const [script, ...args] = process.argv.slice(2);
if (scripts[script] === undefined) {
  console.error(`No script "${script}" in package.json. There are: ${Object.keys(scripts).join(', ')}`);
  process.exit(1);
}
prepare();
run(scripts[script], args);

/** Puts the pinned tools first on PATH and installs; both are skipped where nothing changed since the last time. */
function prepare() {
  const inside = (folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
  const folders = ['docs', ...inside('docs/examples'), ...inside('packages')];
  const manifests = ['.', ...folders].map((folder) => `${folder}/package.json`);
  const inputs = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests].filter((path) =>
    existsSync(join(root, path)),
  );
  const hash = createHash('sha256').update(process.version);
  for (const path of inputs) hash.update(`\0${path}\0${read(path)}`);
  const state = hash.digest('hex');

  const stamp = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, 'utf8')) : {};
  const fresh = stamp.state === state && stamp.bins.every((bin) => existsSync(bin));
  const bins = fresh ? stamp.bins : findTools();
  env.PATH = [...bins, join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  if (fresh && existsSync(join(root, 'node_modules/.modules.yaml'))) return;

  must(
    spawnSync('pnpm', ['install', '--frozen-lockfile'], { cwd: root, env, stdio: 'inherit', shell: windows }),
  );
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
  writeFileSync(stampFile, JSON.stringify({ state, bins }));
}

/** The folders that hold pnpm and, where the running Node is too old, Node: npx keeps them in its cache. */
function findTools() {
  const major = (version) => Number.parseInt(version, 10);
  const tools = [packageManager.split('+')[0]];
  if (major(process.versions.node) < major(config.node)) tools.push(`node@${config.node}`);
  const command = [
    '--yes',
    ...tools.flatMap((tool) => ['--package', tool]),
    '--call',
    'node -p process.env.PATH',
  ];
  const options = { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: windows };
  const paths = must(spawnSync('npx', command, options))
    .stdout.trim()
    .split(delimiter);
  return paths.filter((path) => path.includes('_npx'));
}

function must(result) {
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
  return result;
}

/** Runs the script as `pnpm run` would, without a process between that could end before the script does. */
function run(command, rest) {
  const quote = (arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`);
  const line = [command, ...rest.map(quote)].join(' ');
  // The last command takes the shell's place: after Ctrl-C a shell would not pass its exit code on.
  const shellLine = windows ? line : line.replace(/^(.* && )?/, '$1exec ');
  const child = spawn(shellLine, { cwd: root, env, stdio: 'inherit', shell: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to every process, and npm sends it again: the script has it already and must be
    // let finish. Only what was sent to this process alone is passed on.
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    throw error;
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
