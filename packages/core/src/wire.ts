import type { Attempt, Call } from './call.ts';
import type { Place, Step } from './place.ts';
import type { Run } from './run.ts';

const stages = ['observe', 'time', 'fault'] as const;

/** A send on the wire. */
export interface Send {
  readonly call: Call;
  readonly attempt: Attempt;
  readonly request: Request;
  /** The second argument of `fetch`: what ky does not know and the request cannot carry. */
  readonly init: RequestInit;
}

/** Passes on what is sent: the same, or another request or init. */
export type Next = (request?: Request, init?: RequestInit) => Promise<Response>;

/** Around one `fetch`, an onion, outermost stage first. */
export interface Wire<Options> {
  /**
   * - `observe`: spans, attempt logs
   * - `time`: bounds on one attempt and its body
   * - `fault`: injected faults, closest to the network
   */
  readonly stage: (typeof stages)[number];
  readonly run: (send: Send, next: Next, options: Options) => Promise<Response>;
}

/** Occupies the wire. */
export function wire<Options>(definition: Wire<Options>): Place<Options> {
  return { ...definition, kind: 'wire', order: stages.indexOf(definition.stage), engine };
}

type Onion = NonNullable<Run['onion']>;

function engine(steps: readonly Step[]): (run: Run) => void {
  const onion = steps.reduceRight<Onion>(
    (inner, { place, options }) => {
      const { run: step } = place as unknown as Wire<never>;
      return (run, attempt, request, init) => {
        const next: Next = (nextRequest = request, nextInit = init) =>
          inner(run, attempt, nextRequest, nextInit);
        return step({ call: run.call, attempt, request, init }, next, options);
      };
    },
    (run, _, request, init) => run.fetch(request, init),
  );
  return (run) => {
    run.onion = onion;
  };
}
