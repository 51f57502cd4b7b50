import { sha256 } from '@noble/hashes/sha2.js';
import { type FaultName, faultNames, type Profile, stormRates, stormWidth } from './profiles.ts';

/** What is asked for: a user by id, or an invoice by number. */
export interface Resource {
  readonly kind: 'user' | 'invoice';
  readonly number: number;
}

/** What becomes of one attempt. */
export interface Scene {
  readonly fault: FaultName | 'none';
  /** Time the API takes before it does anything, in milliseconds. */
  readonly latencyMs: number;
  /** From 0 up to 1: picks among the forms of a fault. */
  readonly form: number;
  /** Whether a write takes effect before the fault strikes. */
  readonly processed: boolean;
}

/** Attempts that write nothing; of the faults not listed below, the write has happened before. */
const before: readonly string[] = ['throttle'];
const beforeOrAfter: readonly string[] = ['serverError', 'reset', 'hang'];

/** The script: a pure function, so that every client meets the same API. */
export function scene(seed: number, profile: Profile, resource: Resource, attempt: number): Scene {
  const { kind, number } = resource;
  const at = draws(`${seed}/${kind}/${number}/${attempt}`);
  const fault =
    inStorm(seed, profile, resource) && at(0) < (stormRates[attempt - 1] ?? 0)
      ? 'throttle'
      : pick(profile, at(1));
  return {
    fault,
    latencyMs: (5 + Math.floor(at(2) * 20)) * (profile.slowness ?? 1),
    form: at(3),
    processed: !before.includes(fault) && (!beforeOrAfter.includes(fault) || at(4) < 0.5),
  };
}

/** Whether the resource lies in a storm: whole blocks of consecutive numbers do. */
export function inStorm(seed: number, { stormShare }: Profile, { kind, number }: Resource): boolean {
  return draws(`${seed}/${kind}/storm/${Math.floor(number / stormWidth)}`)(0) < stormShare;
}

function pick({ rates }: Profile, draw: number): FaultName | 'none' {
  let reached = 0;
  for (const name of faultNames) {
    reached += rates[name] ?? 0;
    if (draw < reached) return name;
  }
  return 'none';
}

/** Up to eight independent numbers from 0 up to 1 for a text, always the same ones. */
function draws(text: string): (index: number) => number {
  // Not Node's own: a page plays the same script.
  const bytes = new DataView(sha256(new TextEncoder().encode(text)).buffer);
  return (index) => bytes.getUint32(index * 4) / 2 ** 32;
}
