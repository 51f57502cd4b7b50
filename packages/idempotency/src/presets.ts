import type { KeyFormat } from './key.ts';

/** APIs whose rules are known. */
export type PresetName = 'adyen' | 'checkout' | 'ietf' | 'paypal' | 'stripe' | 'telnyx';

/**
 * The rules of an API. An answer is recognised by its *signs*: its status, the word `retry-after` where it has such a
 * header, and its body as JSON, in one line.
 */
export interface Preset {
  readonly header: string;
  readonly format: KeyFormat;
  readonly maxLength?: number;
  /** What a key may be made of, where the API says. */
  readonly alphabet?: RegExp;
  /** Signs of a first request that still runs. */
  readonly inProgress?: RegExp;
  /** Signs of a key that was used with another payload. */
  readonly reused?: RegExp;
  /** Signs of a key that is missing. */
  readonly missing?: RegExp;
  /** The header by which the API says whether another try can help: `true` or `false`. */
  readonly hint?: string;
  /** The shortest wait before another try that the API recommends, in milliseconds. */
  readonly pause?: number;
}

/** What the IETF draft asks of a server, and most follow. The word tells it from other uses of the status. */
const draft = {
  header: 'Idempotency-Key',
  format: 'raw',
  inProgress: /^409 (?:retry-after|.*idempoten)/is,
  reused: /^422 .*idempoten/is,
  missing: /^400 .*idempoten/is,
} as const satisfies Preset;

/** Without a preset: the draft, the key as most APIs want it. */
export const noPreset: Preset = { ...draft, maxLength: 255 };

/** One row for each API. The README cites the page behind each value; a test holds row and README together. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  adyen: { header: 'Idempotency-Key', format: 'raw', maxLength: 64, hint: 'transient-error' },
  checkout: { header: 'Cko-Idempotency-Key', format: 'raw', inProgress: /^409/, pause: 30_000 },
  ietf: { ...draft, format: 'quoted' },
  paypal: {
    header: 'PayPal-Request-Id',
    format: 'raw',
    maxLength: 108,
    inProgress: /^409 .*PREVIOUS_REQUEST_IN_PROGRESS/s,
    reused: /^4.*(?:DUPLICATE_REQUEST_ID|PAYPAL_REQUEST_ID_PREVIOUSLY_USED)/s,
    missing: /^400 .*PAYPAL_REQUEST_ID_REQUIRED/s,
  },
  stripe: {
    header: 'Idempotency-Key',
    format: 'raw',
    maxLength: 255,
    inProgress: /^409/,
    reused: /^4.*"idempotency_error"/s,
    hint: 'stripe-should-retry',
  },
  telnyx: { ...draft, maxLength: 255, alphabet: /^[\w:-]+$/ },
};
