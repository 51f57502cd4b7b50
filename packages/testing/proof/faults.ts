import { clients } from '../test/faults/clients.ts';
import { kinds } from '../test/faults/fault.ts';
import { toleranceMs, violations } from '../test/faults/invariants.ts';
import { report } from '../test/faults/report.ts';
import { run } from '../test/faults/run.ts';
import type { Part } from './part.ts';

/** Calls through each client. */
const count = 2_000;

/** Seeded faults on real sockets, against each package alone and all together: what must hold, holds. */
export const faults: Part = {
  name: 'faults',
  title:
    'whatever the wire does: one effect, no wrong answer, no limit exceeded, in time, nothing left, explained',
  async run(proof) {
    const { seed } = proof;
    const met = new Map<string, number>(kinds.map((kind) => [kind, 0]));
    const reports: string[] = [];
    let latestMs = 0;
    for (const [name, client] of Object.entries(clients)) {
      const seen = await run(client, { seed, count });
      for (const { fault } of seen.received) met.set(fault.kind, (met.get(fault.kind) ?? 0) + 1);
      const found = violations(seen);
      if (found.length > 0) reports.push(report(name, found, { seed, count }));
      latestMs = Math.max(latestMs, ...seen.told.flatMap(({ lateMs }) => lateMs));
      const ok = seen.told.filter((told) => 'value' in told).length;
      const faulty = seen.received.filter(({ fault }) => fault.kind !== 'none').length;
      proof.fact(
        name,
        `${seen.told.length} calls, ${seen.received.length} requests, ${faulty} met a fault; ` +
          `${ok} calls have an answer; ${found.length} times something does not hold`,
      );
    }
    proof.fact('latest end behind a bound', `${latestMs} ms of ${toleranceMs}`);
    proof.fact('faults', [...met].map(([kind, times]) => `${kind} ${times}`).join(', '));
    if (reports.length > 0) throw new Error(reports.join('\n\n\n'));
    if ([...met.values()].includes(0)) throw new Error('A kind of fault was never met');
  },
};
