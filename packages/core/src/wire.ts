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

/**
 * Around one `fetch`, an onion, outermost stage first. A layer that only looks at what goes by leaves `run` out: `sends`
 * and `answered` of several layers share one turn.
 */
export interface Wire<Options> {
  /**
   * - `observe`: spans, attempt logs
   * - `time`: bounds on one attempt and its body
   * - `fault`: injected faults, closest to the network
   */
  readonly stage: (typeof stages)[number];
  /** Whether the layer needs the wire with these options; by default it does. */
  readonly when?: (options: Options) => boolean;
  /** Told before the request is sent. */
  readonly sends?: (send: Send, options: Options) => void;
  readonly run?: (send: Send, next: Next, options: Options) => Promise<Response>;
  /** Told when the headers are here. */
  readonly answered?: (response: Response, send: Send, options: Options) => void;
}

/** Occupies the wire. */
export function wire<Options>(definition: Wire<Options>): Place<Options> {
  return { ...definition, kind: 'wire', order: stages.indexOf(definition.stage), engine };
}

type Onion = NonNullable<Run['onion']>;
type Layered = Wire<never> & { readonly options: never };

const innermost: Onion = (run, _, request, init) => run.fetch(request, init);

function engine(steps: readonly Step[]): ((run: Run) => void) | undefined {
  const layers = steps
    .map(({ place, options }): Layered => ({ ...(place as unknown as Wire<never>), options }))
    .filter(({ when, options }) => when?.(options) ?? true);
  if (layers.length === 0) return undefined;
  let onion = innermost;
  /** Those that look on, outside of what is around so far; the innermost first. */
  let onlookers: Layered[] = [];
  for (const layer of layers.toReversed()) {
    if (layer.run) {
      onion = around(layer, lookedAt(onlookers, onion));
      onlookers = [];
    }
    if (layer.sends || layer.answered) onlookers.push(layer);
  }
  onion = lookedAt(onlookers, onion);
  return (run) => {
    run.onion = onion;
  };
}

function around({ run: step, options }: Layered, inner: Onion): Onion {
  return (run, attempt, request, init) => {
    const next: Next = (nextRequest = request, nextInit = init) => inner(run, attempt, nextRequest, nextInit);
    return step!({ call: run.call, attempt, request, init }, next, options);
  };
}

function lookedAt(onlookers: readonly Layered[], inner: Onion): Onion {
  if (onlookers.length === 0) return inner;
  const outside = onlookers.toReversed();
  return async (run, attempt, request, init) => {
    const send: Send = { call: run.call, attempt, request, init };
    for (const { sends, options } of outside) sends?.(send, options);
    const response = await inner(run, attempt, request, init);
    for (const { answered, options } of onlookers) answered?.(response, send, options);
    return response;
  };
}
