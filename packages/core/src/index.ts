export type { Attempt, AttemptRecord, Call, CallOutcome, CallRecord, Decision, Phase } from './call.ts';
export {
  callback,
  duration,
  either,
  headerName,
  integer,
  listOf,
  oneOf,
  rules,
  shape,
  text,
  type Check,
  type Rule,
} from './check.ts';
export { compose } from './compose.ts';
export type { LayerDefinition } from './definition.ts';
export { refine } from './entry.ts';
export { hasCode, isOptionsError, OptionsError, type Fault } from './errors.ts';
export { explain, type Explanation } from './explain.ts';
export { gate, type Gate, type Pass } from './gate.ts';
export { layer, type LayerFactory } from './layer.ts';
export { linkSignal, type LinkedSignal } from './link-signal.ts';
export { onSettled } from './on-settled.ts';
export { once } from './once.ts';
export type { Place } from './place.ts';
export { settled } from './settled.ts';
export type { Outcome, Verdict } from './steering.ts';
export { outOfTime } from './time-left.ts';
export { maxTimerDelay, startTimer } from './timers.ts';
export { trace, traceOf } from './trace.ts';
export { verdict, type Failure, type Judge } from './verdict.ts';
export { version } from './version.ts';
export { unlessAborted, wait } from './wait.ts';
export { wire, type Next, type Send, type Wire } from './wire.ts';
