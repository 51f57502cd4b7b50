import ky from 'ky';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { callsPerRound, measure, quantile, quartiles, type Quartiles } from './compare.ts';
import { partsOfSix } from './parts-of-six.ts';
import type { Client, Contender } from './peers/client.ts';
import { contenders } from './peers/contenders.ts';
import {
  bundled,
  concurrency,
  type Faults,
  faults,
  invoices,
  loopback,
  loopbackRounds,
  patience,
  requestsPerRound,
  seed,
  users,
} from './peers/measure.ts';
import { measurePermits } from './permits.ts';

/** The same job with each contender, in one run: writes `docs/results.md`, or the file it is given. */
const answer = '{"id":1,"name":"Ada","email":"ada@example.com"}';
const headers = { 'content-type': 'application/json' };
const stub = async (): Promise<Response> => new Response(answer, { headers });
const url = 'https://api.test/users/1';
const hooks = contenders[1]!.name;
const rounds = 50;
const loadAtStart = loadavg()[0]!.toFixed(1);

const say = (text: string): void => void process.stderr.write(`${text}\n`);

say('A call in memory');
const inMemory = contenders.filter(({ ownWire }) => !ownWire);
const calls = await measure(
  inMemory.map(({ name, recommended }) => {
    const client = recommended(stub);
    return { name, run: () => client.get(url) };
  }),
  rounds,
);
const parts = await measure(
  Object.entries(partsOfSix(ky.create({ fetch: stub }))).map(([name, api]) => ({
    name,
    run: () => api.get(url).json(),
  })),
  rounds,
);
say('Leave to start');
const permits = await measurePermits();
say('Loopback');
const wire = await loopback(contenders);
say('Faults, as recommended');
const recommended = await allFaults(contenders, (contender) => contender.recommended());
say('Faults, the same policy');
const equal = await allFaults(
  contenders.filter((contender) => contender.equal),
  (contender) => contender.equal!(),
);
say('Bundles');
const sizes: (readonly [name: string, bytes: number])[] = [];
for (const { name, imports, nodeOnly } of contenders)
  if (imports) sizes.push([name, await bundled(imports, nodeOnly ? { nodeOnly } : {})]);
const external = ['ky', 'bottleneck', '@opentelemetry/api', 'valibot'];
const own = [...contenders[1]!.imports.matchAll(/export \{ \w+ \} from '(@kyhooks\/.*?)';/g)];
const ofOwn = async (exports: readonly string[]): Promise<number> =>
  bundled(exports.join('\n'), { external: [...external, 'bottleneck/light.js'] });
const ownBytes = await ofOwn(own.map(([text]) => text));
const alone: (readonly [name: string, bytes: number])[] = [];
for (const [text, name] of own) alone.push([name!, await ofOwn([text])]);

const page = [
  '---\ndescription: "Side by side with other clients: what each leaves behind, what it costs."\n---',
  '<!-- Written by `npm run results`. -->',
  '# Side by side',
  `Measured on ${new Date().toISOString().slice(0, 10)}, on ${cpus().length} x ${cpus()[0]!.model}, Node ${process.version}, in one run: the contenders took turns. Read the ratios; the times are this machine's. Load average ${loadAtStart} at the start, ${loadavg()[0]!.toFixed(1)} at the end.`,
  '`npm run results` does all of it again and writes this page.',
  'Versions: ' +
    [...new Set(contenders.flatMap(({ packages }) => packages))]
      .filter((name) => !name.startsWith('@kyhooks/'))
      .map((name) => `${name} ${versionOf(name)}`)
      .join(', ') +
    '.',
  '## How each is set',
  table(
    ['Client', 'As recommended'],
    contenders.map(({ name, settings }) => [name, settings]),
  ),
  'As recommended means as its documentation begins, with its defaults for the rest. ' +
    'The same policy means: 5 retries, writes too, 100 ms doubling; statuses 408, 429, 500, 502, 503, 504, broken connections, and attempts of more than 400 ms; a key for each write, and each answer checked by valibot. ' +
    'Where a library takes any function, parsing and checking stand inside what is retried; elsewhere behind it.',
  '## A call in memory',
  `\`get(url)\`, parsed, from a \`fetch\` that answers at once. ${rounds} rounds of ${callsPerRound} calls. The quartiles of the rounds are in brackets. got sends by sockets only.`,
  table(
    ['Client', 'Time, plain ky = 1', 'µs', 'Allocated'],
    calls.map(({ name, ratios, microseconds, kilobytes }) => [
      name,
      spread(ratios),
      microseconds.toFixed(1),
      `${kilobytes.toFixed(1)} kB`,
    ]),
  ),
  'What the six are made of: what ky takes for six fragments that do nothing, core for its record and its places, ky for the clock of the whole call, and the layers themselves.',
  table(
    ['Made of', 'Time, plain ky = 1', 'µs', 'Allocated'],
    parts.map(({ name, ratios, microseconds, kilobytes }) => [
      name.trim(),
      spread(ratios),
      microseconds.toFixed(1),
      `${kilobytes.toFixed(1)} kB`,
    ]),
  ),
  '## Leave to start',
  'A permit taken and given back where nobody is in the way, 100 at a time allowed; and the first one on a new key, its limiter included.',
  table(
    ['Limiter', 'A second', 'New key, median', 'New key, 99 %'],
    permits.map(({ name, perSecond, newKeyMs: [half, most] }) => [
      name,
      Math.round(perSecond).toLocaleString('en'),
      `${half.toFixed(3)} ms`,
      `${most.toFixed(3)} ms`,
    ]),
  ),
  '## Over loopback',
  `${loopbackRounds} rounds of ${requestsPerRound} requests, ${concurrency} at a time, to a server in another process. axios, got and Azure's pipeline send by \`node:http\`, the others by the platform's \`fetch\`.`,
  table(
    ['Client', 'Throughput, plain ky = 1', 'Requests a second', 'p50', 'p99'],
    wire.map(({ name, ratios, perSecond, durationsMs }) => [
      name,
      spread(quartiles(ratios)),
      quantile(perSecond, 0.5).toFixed(0),
      `${quantile(durationsMs, 0.5).toFixed(1)} ms`,
      `${quantile(durationsMs, 0.99).toFixed(1)} ms`,
    ]),
  ),
  '## Against faults',
  `${users} users are read and ${invoices} invoices created, ${concurrency} at a time, from the demo's flaky API (profile \`mixed\`, seed ${seed}): every contender meets the same script. ` +
    `A false success is a wrong answer that was accepted, a duplicate an invoice stored twice. A call that takes more than ${patience / 1000} s is given up. Three contenders run at a time.`,
  '### As recommended',
  faultTable(recommended),
  'This API throttles single users. The limiter of the six follows a 429 for the whole origin until it has found that out, which takes some seconds at the start; `rateLimit({ followServer: false })`, set under the same policy, saves them.',
  '### The same policy',
  faultTable(equal),
  contenders
    .flatMap(({ name, noFaults }) => (noFaults ? [`${name} is not run here: ${noFaults}.`] : []))
    .join(' '),
  'A library of policies that wraps a function retries whatever the function throws, an answer of the wrong shape included; `schema()` reports such an answer and does not send again.',
  '## What the job costs a bundle',
  'Minified by esbuild, brotli, everything it depends on included, but for got for a browser.',
  table(
    ['Client', 'Size'],
    sizes.map(([name, bytes]) => [name, `${(bytes / 1000).toFixed(1)} kB`]),
  ),
  `The six hooks with core, without ky, Bottleneck and the API of OpenTelemetry: ${(ownBytes / 1000).toFixed(1)} kB. Each alone, with as much of core as it uses:`,
  table(
    ['Alone', 'Size'],
    alone.map(([name, bytes]) => [`\`${name}\``, `${(bytes / 1000).toFixed(1)} kB`]),
  ),
  '## Goals',
  goals(),
].join('\n\n');
const target = process.argv[2] ?? fileURLToPath(new URL('../../../docs/results.md', import.meta.url));
writeFileSync(target, `${page}\n`);
say(`${target} is written`);
// Some contenders keep connections and timers.
process.exit();

function goals(): string {
  const [, time] = calls.find(({ name }) => name === hooks)!.ratios;
  const [, throughput] = quartiles(wire.find(({ name }) => name === hooks)!.ratios);
  const run = equal.find(({ name }) => name === hooks)!;
  const share = (run.right / (users + invoices)) * 100;
  const rows: readonly (readonly [string, string, string, boolean])[] = [
    ['A call in memory, plain ky = 1', 'at most 1.35', time.toFixed(2), time <= 1.35],
    ['Throughput over loopback, plain ky = 1', 'at least 0.95', throughput.toFixed(2), throughput >= 0.95],
    [
      'The six with core, without peers',
      'at most 9 kB',
      `${(ownBytes / 1000).toFixed(1)} kB`,
      ownBytes <= 9000,
    ],
    ['Right answers of the flaky job', 'at least 97 %', `${share.toFixed(1)} %`, share >= 97],
    ['False successes', '0', String(run.falseSuccesses), run.falseSuccesses === 0],
    ['Duplicates', '0', String(run.duplicates), run.duplicates === 0],
  ];
  return table(
    ['The six hooks', 'Goal', 'Measured', 'Verdict'],
    rows.map(([what, goal, found, met]) => [what, goal, found, met ? 'met' : '**not met**']),
  );
}

async function allFaults(
  of: readonly Contender[],
  make: (contender: Contender) => Client,
): Promise<Faults[]> {
  const runs = of.filter(({ noFaults }) => !noFaults);
  const done: Faults[] = [];
  for (let first = 0; first < runs.length; first += 3) {
    const together = runs.slice(first, first + 3);
    done.push(...(await Promise.all(together.map((run) => faults(run.name, make(run))))));
  }
  return done;
}

function faultTable(runs: readonly Faults[]): string {
  const all = users + invoices;
  return table(
    ['Client', `Right, of ${all}`, 'False successes', 'Duplicates', 'Requests', 'Given up', 'Time'],
    runs.map(({ name, right, falseSuccesses, duplicates, requests, givenUp, seconds }) => [
      name,
      ...[right, falseSuccesses, duplicates, requests, givenUp].map(String),
      `${seconds.toFixed(1)} s`,
    ]),
  );
}

function spread([low, middle, high]: Quartiles): string {
  return `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function versionOf(name: string): string {
  const file = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url));
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
