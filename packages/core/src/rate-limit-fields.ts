import { type BareItem, type Item, parseDictionary, parseList } from './structured-fields.ts';

/** What a server says is left of one quota. */
export interface Quota {
  /** The field that says so, in lower case. */
  readonly field: string;
  /** Name of the policy, where it has one. */
  readonly policy?: string;
  /** Units in a window. */
  readonly limit?: number;
  /** Units left. */
  readonly remaining?: number;
  /**
   * In the current draft the window in which no more than `remaining` may be used; in older fields the time until the
   * quota is full again. Milliseconds from now, at least 0.
   */
  readonly resetMs?: number;
  /** Length of the window, in milliseconds. */
  readonly windowMs?: number;
  /** What is counted: `requests` unless the policy says otherwise, such as `content-bytes`. */
  readonly unit: string;
  /** Whose quota it is, where the server has several. */
  readonly partition?: Uint8Array<ArrayBuffer>;
}

/** Parameters of the current draft; another edition may well rename them. */
const names = { remaining: 'r', window: 't', partition: 'pk', quota: 'q', unit: 'qu', policyWindow: 'w' };

/**
 * Reads `RateLimit`: a list of policies (draft-ietf-httpapi-ratelimit-headers-11, section 4), or the dictionary of the
 * editions up to -07. A field that breaks a rule is ignored as a whole, as the draft has it.
 */
export function parseRateLimit(value: string): Quota[] | undefined {
  const field = 'ratelimit';
  const dictionary = value.startsWith('"') ? undefined : parseDictionary(value);
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map(
    (name) => dictionary?.get(name)?.value,
  );
  if (isCount(remaining) && optional(limit, isCount) && optional(reset, isCount)) {
    return [{ field, unit: 'requests', remaining, ...given({ limit, resetMs: inMs(reset) }) }];
  }
  return readItems(value, ({ value: policy, params }) => {
    const left = params.get(names.remaining);
    const window = params.get(names.window);
    const partition = params.get(names.partition);
    if (typeof policy !== 'string' || !isCount(left)) return undefined;
    if (!optional(window, isCount) || !optional(partition, isBytes)) return undefined;
    return {
      field,
      unit: 'requests',
      policy,
      remaining: left,
      ...given({ resetMs: inMs(window), partition }),
    };
  });
}

/** Reads `RateLimit-Policy`, in the form of the current draft (section 3) or that of the editions up to -07. */
export function parseRateLimitPolicy(value: string): Quota[] | undefined {
  const field = 'ratelimit-policy';
  return readItems(value, ({ value: policy, params }) => {
    const window = params.get(names.policyWindow);
    if (!optional(window, isPositive)) return undefined;
    if (isCount(policy))
      return { field, unit: 'requests', limit: policy, ...given({ windowMs: inMs(window) }) };
    const limit = params.get(names.quota);
    const unit = params.get(names.unit) ?? 'requests';
    const partition = params.get(names.partition);
    if (typeof policy !== 'string' || !isCount(limit) || typeof unit !== 'string') return undefined;
    if (!optional(partition, isBytes)) return undefined;
    // The draft's own table of units spells the first one without its s.
    return {
      field,
      policy,
      limit,
      unit: unit === 'request' ? 'requests' : unit,
      ...given({ windowMs: inMs(window), partition }),
    };
  });
}

/** All items, or none where one of them is wrong. */
function readItems(value: string, read: (item: Item) => Quota | undefined): Quota[] | undefined {
  const quotas = parseList(value)?.map(read);
  return quotas?.every((quota) => quota !== undefined) ? quotas : undefined;
}

function optional<Kind extends BareItem>(
  value: BareItem | undefined,
  is: (value: BareItem) => value is Kind,
): value is Kind | undefined {
  return value === undefined || is(value);
}

function isCount(value: BareItem | undefined): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function isPositive(value: BareItem): value is number {
  return isCount(value) && value > 0;
}

function isBytes(value: BareItem): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array;
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Without what is not known. */
export function given<Values extends object>(
  values: Values,
): { [Name in keyof Values]?: NonNullable<Values[Name]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
