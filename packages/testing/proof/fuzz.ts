import { count } from '../../demo/src/words.ts';
import { steepnessOf, type Steepness } from './fuzz/steepness.ts';
import { addToCorpus, corpusOf, fuzz, FuzzError, type Subject } from './fuzz/subject.ts';
import { subjects } from './fuzz/subjects.ts';
import type { Part, Proof } from './part.ts';

const runs = 20_000;
/** Of slow ones, which make calls. */
const fewRuns = 2_000;
/** Linear is 1 and quadratic 2; n log n comes to about 1.1. */
const steepest = 1.6;

/** Whatever reads what others have written holds its ranges, throws nothing out of turn, and takes linear time. */
export const fuzzPart: Part = {
  name: 'fuzz',
  title:
    'readers and options bear any input: no throw out of turn, no prototype written to, no time above linear',
  async run(proof) {
    const errors: string[] = [];
    for (const subject of subjects) errors.push(...(await oneOf(subject, proof)));
    await measure(proof);
    if (errors.length > 0) throw new Error(errors.join('\n'));
  },
};

async function oneOf(subject: Subject, proof: Proof): Promise<string[]> {
  const all = subject.name.startsWith('hostile') ? fewRuns : runs;
  try {
    await fuzz(subject, { runs: all, seed: proof.seed });
    proof.fact(subject.name, `${corpusOf(subject).length} of the corpus, ${count(all)} drawn`);
    return [];
  } catch (error) {
    if (!(error instanceof FuzzError)) throw error;
    const kept = addToCorpus(subject, error.input) ? 'added to the corpus' : 'no JSON: not in the corpus';
    proof.fact(subject.name, `BREAKS, ${kept}`);
    return [`${error.message}, ${kept}\n${String((error.cause as Error | undefined)?.stack ?? error.cause)}`];
  }
}

async function measure(proof: Proof): Promise<void> {
  const found: Steepness[] = [];
  for (const subject of subjects) found.push(...(await steepnessOf(subject)));
  const steep = found.filter(({ power }) => power > steepest);
  const worst = found.toSorted((a, b) => b.power - a.power)[0]!;
  proof.fact(
    'time over size',
    `${found.length} shapes of long input from 2 to 32 KiB, the steepest (${worst.shape}) by the power of ${worst.power.toFixed(2)}`,
  );
  if (steep.length > 0)
    throw new Error(
      steep
        .map(
          ({ shape, power, times: [small, large] }) =>
            `${shape} takes ${small.toFixed(2)} ms, then ${large.toFixed(1)} ms: a power of ${power.toFixed(2)}`,
        )
        .join('\n'),
    );
}
