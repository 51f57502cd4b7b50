import type { Options as KyOptions } from 'ky';
import type { Call } from './call.ts';
import type { Place, Step } from './place.ts';
import { hookResend } from './resend.ts';
import type { Run } from './run.ts';
import { type Decider, type Outcome, Steering, type Verdict } from './steering.ts';

/** An error that ky raised in a call. */
export interface Failure {
  readonly error: Error;
  readonly call: Call;
  /** ky's options of this call, as the layers have set them. */
  readonly ky: KyOptions;
}

/** What an outcome means. */
export interface Judge<Options> {
  /** Gives a failure an error class of its own, before anybody judges or sees it. */
  readonly identify?: (failure: Failure, options: Options) => Error | undefined;
  /** Resends that the layer may ask for beyond the limit of this call, by `spare: true` of its verdict; none by default. */
  readonly spares?: (ky: KyOptions, options: Options) => number;
  /** `undefined` has no say. One layer that says `retry` is enough; when nobody has a say, ky's own rules hold. */
  readonly decide?: (
    outcome: Outcome,
    options: Options,
  ) => Verdict | undefined | Promise<Verdict | undefined>;
}

/** Occupies the verdict. */
export function verdict<Options>(definition: Judge<Options>): Place<Options> {
  return { ...definition, kind: 'verdict', stage: 'decide', order: 0, engine };
}

function engine(steps: readonly Step[]): (run: Run) => void {
  const judges = steps.map(({ layer, place, options }) => ({
    layer,
    ...(place as unknown as Judge<never>),
    options,
  }));
  const deciders = judges.flatMap(({ layer, decide, options }): Decider[] =>
    decide ? [{ layer, decide: (outcome) => decide(outcome, options) }] : [],
  );
  const identify = ({ call, ky }: Run, error: Error): Error => {
    for (const { identify: own, options } of judges) {
      const named = own?.({ error, call, ky }, options);
      if (named) return named;
    }
    return error;
  };
  const spares = judges.filter((judge) => judge.spares);
  return (run) => {
    run.identify = identify;
    if (deciders.length > 0)
      run.judge = new Steering(
        run,
        deciders,
        spares.reduce((sum, judge) => sum + judge.spares!(run.ky, judge.options), 0),
      );
    hookResend(run);
  };
}
