import type { Part } from './part.ts';

const leastScore = 85;

/** Plants faults one by one, and counts how many of them the tests notice. */
export const mutation: Part = {
  name: 'mutation',
  title: `tests notice at least ${leastScore} % of the faults that are planted in seven packages`,
  long: 'an hour on two cores; afterwards only what has changed',
  async run(proof) {
    const { mutate, mutatedPackages } = await import('../../../tooling/mutation.ts');
    const weak: string[] = [];
    for (const name of mutatedPackages) {
      proof.progress(`mutating ${name}`);
      const { score, killed, timedOut, survived, noCoverage } = await mutate(name);
      proof.fact(
        `score of ${name}`,
        `${score.toFixed(1)} %: ${killed} killed, ${timedOut} timed out, ` +
          `${survived} survived, ${noCoverage} not covered`,
      );
      if (!(score >= leastScore)) weak.push(name);
    }
    if (weak.length > 0) throw new Error(`Too many faults went unnoticed in ${weak.join(', ')}`);
  },
};
