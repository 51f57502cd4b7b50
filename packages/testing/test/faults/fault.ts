import { seeded } from '@kyhooks/testing';

/** What a server, or the way to it, does to a request. */
export const kinds = [
  'latency',
  'stalled headers',
  'stalled body',
  'reset',
  'truncated',
  'malformed',
  'server error',
  'too many',
  'unauthorized',
  'redirect loop',
  'huge headers',
  'wrong length',
  'drift',
] as const;

export type FaultKind = (typeof kinds)[number];

/** What becomes of one request. */
export interface Fault {
  readonly kind: FaultKind | 'none';
  /** Which of its forms the fault takes, and how strong it is: from 0 to below 1. */
  readonly form: number;
  /** Whether a write is carried out before the fault: the answer is lost, not the request. */
  readonly acts: boolean;
}

/** What these answer has not been applied (RFC 9110, section 15.5.2; RFC 6585, section 4): a write may be sent again. */
const refusals: readonly string[] = ['unauthorized', 'too many'];

/** Share of the requests that meet a fault. */
const faulty = 0.55;
/** Share of the calls that begin in a storm of 429s, and how many of them come at most. */
const stormy = 0.05;
const longestStorm = 4;

/** The fault of request n of a call, from 1: of the seed and the call alone, whatever arrives when. */
export function faultOf(seed: number, call: number, request: number): Fault {
  const ofCall = chance(seed, call, 0);
  const storm = ofCall() < stormy ? 1 + Math.floor(ofCall() * longestStorm) : 0;
  const random = chance(seed, call, request);
  const meets = request <= storm || random() < faulty;
  const drawn = kinds[Math.floor(random() * kinds.length)]!;
  const kind = request <= storm ? 'too many' : meets ? drawn : 'none';
  const form = random();
  return { kind, form, acts: !meets || (random() < 0.5 && !refusals.includes(kind)) };
}

/** A source of chance for one thing alone. */
export function chance(seed: number, call: number, request: number): () => number {
  const random = seeded(
    Math.imul(seed, 0x9e_37_79_b1) ^
      Math.imul(call + 1, 0x85_eb_ca_6b) ^
      Math.imul(request + 1, 0xc2_b2_ae_35),
  );
  // Neighbouring seeds begin alike.
  random();
  return random;
}
