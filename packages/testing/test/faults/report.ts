import { invariants, type Violation } from './invariants.ts';

/** How many violations are told in full. */
const toldInFull = 5;

/** What does not hold, for somebody who has to find out why: the calls with their faults and records, and how to see it again. */
export function report(
  client: string,
  violations: readonly Violation[],
  { seed, count }: { seed: number; count: number },
): string {
  const counts = invariants.flatMap((name) => {
    const found = violations.filter(({ invariant }) => invariant === name).length;
    return found > 0 ? [`${name}: ${found} times not`] : [];
  });
  return [
    `${client}, ${count} calls: ${counts.join(', ')}`,
    ...violations.slice(0, toldInFull).map((violation) => one(violation, seed)),
    `Again: npm run proof -- --part faults --seed ${seed}`,
  ].join('\n\n');
}

function one({ invariant, what, told }: Violation, seed: number): string {
  if (!told) return `${invariant}: ${what}`;
  const faults = told.received.map(
    ({ number, fault: { kind, form, acts } }) =>
      `  request ${number}: ${kind}, form ${form.toFixed(3)}${acts ? ', carried out' : ''}`,
  );
  return [
    `${invariant}: ${what}`,
    `Call ${told.call} of seed ${seed}, ${told.method}, ${'error' in told ? String(told.error) : `gave ${JSON.stringify(told.value)}`}`,
    ...faults,
    ...told.records.map(String),
  ].join('\n');
}
