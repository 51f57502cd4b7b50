import { cpus } from 'node:os';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fanOutPart } from './fan-out.ts';
import { faults } from './faults.ts';
import { fuzzPart } from './fuzz.ts';
import { mutation } from './mutation.ts';
import { newcomer } from './newcomer/index.ts';
import { orders } from './orders.ts';
import { otherNodes } from './other-nodes.ts';
import { page } from './page.ts';
import type { Part } from './part.ts';
import { redis } from './redis.ts';
import { runtimesPart } from './runtimes/index.ts';
import { sideBySide } from './side-by-side.ts';
import { site } from './site.ts';
import { soak } from './soak.ts';
import { load, type Outcome, save, sourceNow } from './state.ts';

/** What takes too long for the tests, in this order. */
const parts: readonly Part[] = [
  orders,
  faults,
  soak,
  fuzzPart,
  fanOutPart,
  redis,
  otherNodes,
  runtimesPart,
  newcomer,
  site,
  sideBySide,
  mutation,
];

const { values } = parseArgs({
  options: {
    part: { type: 'string', multiple: true },
    seed: { type: 'string', default: '1' },
    firefox: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const asked = (values.part ?? []).flatMap((names) => names.split(','));
const unknown = asked.filter((name) => !parts.some((part) => part.name === name));
if (values.help || unknown.length > 0 || !Number.isSafeInteger(seed)) {
  if (unknown.length > 0) console.error(`No part is called ${unknown.join(', ')}.\n`);
  if (!Number.isSafeInteger(seed)) console.error(`--seed takes a whole number, not ${values.seed}.\n`);
  console.log('npm run proof -- [--part name,name] [--seed number] [--resume] [--firefox] [--write]\n');
  for (const { name, title, long } of parts) {
    console.log(`  ${name.padEnd(14)} ${title}${long ? ` (only when named: ${long})` : ''}`);
  }
  process.exit(values.help ? 0 : 1);
}

const of = `${sourceNow()}, seed ${seed}`;
const outcomes = new Map(load(of).map((outcome) => [outcome.name, outcome]));
const chosen = parts.filter(({ name, long }) => (asked.length === 0 ? !long : asked.includes(name)));
for (const [index, part] of chosen.entries()) {
  console.log(`\n[${index + 1}/${chosen.length}] ${part.name}: ${part.title}`);
  const before = outcomes.get(part.name);
  if (values.resume && before && before.error === undefined) {
    console.log('  held before');
    continue;
  }
  const outcome = await run(part);
  if (outcome.error !== undefined) console.error(outcome.error.replaceAll(/^/gm, '  '));
  console.log(`  ${outcome.error === undefined ? 'holds' : 'DOES NOT HOLD'}, ${outcome.seconds} s`);
  outcomes.set(part.name, outcome);
  save(of, [...outcomes.values()]);
}

const known = parts.flatMap(({ name }) => outcomes.get(name) ?? []);
const file = fileURLToPath(new URL('../../../proof-report.html', import.meta.url));
writeFileSync(file, page({ of, machine: machine(), outcomes: known }));
const failed = known.filter(({ error }) => error !== undefined);
console.log(
  `\n${known.length - failed.length} of ${parts.length} parts hold, ${failed.length} do not, ` +
    `${parts.length - known.length} not run. The page: ${file}`,
);
process.exitCode = failed.length > 0 ? 1 : 0;

async function run(part: Part): Promise<Outcome> {
  const { name, title } = part;
  const facts: (readonly [string, string])[] = [];
  const pictures: { title: string; svg: string }[] = [];
  const startedMs = performance.now();
  let error: string | undefined;
  try {
    await part.run({
      seed,
      firefox: values.firefox,
      write: values.write,
      progress: (text) => console.log(`  … ${text}`),
      fact(what, measured) {
        facts.push([what, measured]);
        console.log(`  ${what}: ${measured}`);
      },
      picture: (heading, svg) => void pictures.push({ title: heading, svg }),
    });
  } catch (thrown) {
    error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  return { name, title, seconds, facts, pictures, ...(error !== undefined && { error }) };
}

function machine(): string {
  const [cpu] = cpus();
  return `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} × ${cpu?.model.trim()}`;
}
