import { count, percent } from '../../demo/src/words.ts';
import type { Part, Proof } from './part.ts';
import type { ClientName } from './soak/client.ts';
import { growth, leaks } from './soak/growth.ts';
import { loopbackWire } from './soak/loopback-wire.ts';
import { plants } from './soak/plants.ts';
import { drawCounts, drawMemory } from './soak/plot.ts';
import { run, type Run } from './soak/run.ts';

const concurrency = 64;

/** What calls hold goes back, whatever the way they end; compared with plain ky, which makes the same calls. */
export const soak: Part = {
  name: 'soak',
  title: '1,000,000 calls in memory and 100,000 over loopback, ended in every way, leave nothing behind',
  async run(proof) {
    await showThatItSees(proof);
    await compare(proof, 'in memory', { calls: 1_000_000, samples: 100 });
    await compare(proof, 'over loopback', { calls: 100_000, samples: 50, loopback: true });
  },
};

/** A check that cannot fail proves nothing: each leak that is planted has to be found. */
async function showThatItSees(proof: Proof): Promise<void> {
  const seen: string[] = [];
  for (const plant of Object.keys(plants)) {
    proof.progress(`a planted leak of ${plant}`);
    const planted = await run({
      client: 'kyhooks',
      // Fewer than would take every permit where one call of twenty keeps its own.
      calls: 2_000,
      samples: 8,
      concurrency,
      seed: proof.seed,
      plant,
    });
    const [first] = leaks(planted.samples);
    if (first === undefined) throw new Error(`The soak did not see the planted leak of ${plant}`);
    seen.push(`${plant}: ${first}`);
  }
  proof.fact('leaks planted in one call of twenty, all seen', seen.join('; '));
}

interface Size {
  readonly calls: number;
  readonly samples: number;
  readonly loopback?: boolean;
}

async function compare(proof: Proof, where: string, { loopback, ...size }: Size): Promise<void> {
  const runOf = async (client: ClientName): Promise<Run> => {
    // One for each client, as it closes connections for it.
    await using server = loopback ? await loopbackWire() : undefined;
    const orders = { client, concurrency, seed: proof.seed, ...size, ...(server && { baseUrl: server.url }) };
    return await run(orders, ({ calls }) => {
      if ((calls * 10) % size.calls === 0) proof.progress(`${where}, ${client}: ${count(calls)} calls`);
    });
  };
  const [own, plain] = await Promise.all([runOf('kyhooks'), runOf('ky')]);
  const { samples, outcomes, ended } = own;
  const ends = Object.values(outcomes).flatMap((way) => Object.entries(way));
  const ok = ends.reduce((sum, [end, times]) => sum + (end === 'ok' ? times : 0), 0);
  proof.fact(
    `${where}, all layers`,
    `${count(size.calls)} calls in ${Object.keys(outcomes).length} ways, ${percent(ok, size.calls)} of them ok; ${grown(own)}`,
  );
  proof.fact(`${where}, plain ky`, `${count(size.calls)} calls of the same; ${grown(plain)}`);
  const most = Object.entries(samples.at(-1)!.most).map(([what, number]) => `${number} ${what}`);
  proof.fact(`${where}, held while calls were under way`, most.join(', '));
  proof.picture(`Memory after collection, ${where}`, drawMemory({ kyhooks: samples, ky: plain.samples }));
  proof.picture(
    `All layers, ${where}: held while calls are under way, and left when none is`,
    drawCounts(samples),
  );
  const found = leaks(samples, plain.samples);
  if (found.length > 0) throw new Error(`Not flat ${where}: ${found.join(', ')}`);
  if (!ended) throw new Error(`Something keeps the process alive behind the last call ${where}`);
}

function grown({ samples }: Run): string {
  const kilobytes = (['heap', 'outside'] as const).map((what) => growth(samples, what) / 1_024);
  const [heap, outside] = kilobytes.map((value) => `${value < 0 ? '' : '+'}${value.toFixed(0)} kB`);
  return `heap ${heap}, outside of it ${outside} from a quarter to the end`;
}
