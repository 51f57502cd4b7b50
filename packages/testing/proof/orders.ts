import { fragments, holdsInAll, permutations, sampled, six } from '../test/orders.ts';
import { scripts } from '../test/scripts.ts';
import type { Part, Proof } from './part.ts';

/** Orders of all layers that are drawn: those of all of them are more than can be tried. */
const drawn = 300;

/** Every order of chaining does the same: requests, virtual times, results, errors, records, log. */
export const orders: Part = {
  name: 'orders',
  title: 'every order of chaining the layers does the same',
  async run(proof) {
    const all = Object.keys(fragments);
    await prove(proof, `all orders of ${six.join(', ')}`, [...permutations(six)]);
    await prove(proof, `orders of all ${all.length}, drawn`, [...sampled(all, drawn, proof.seed)]);
  },
};

async function prove(proof: Proof, whose: string, tried: readonly (readonly string[])[]): Promise<void> {
  const faults: string[] = [];
  let plays = 0;
  for (const [name, script] of Object.entries(scripts)) {
    proof.progress(name);
    try {
      plays += await holdsInAll(script, tried);
    } catch (error) {
      faults.push(`${name}: ${(error as Error).message}`);
    }
  }
  proof.fact(
    whose,
    `${tried.length} orders × ${Object.keys(scripts).length} scripts, ${plays} plays, ${faults.length} scripts differ`,
  );
  if (faults.length > 0) throw new Error(faults.join('\n\n'));
}
