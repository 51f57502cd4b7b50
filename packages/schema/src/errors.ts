import { hasCode } from '@kyhooks/core';
import type { SchemaValidationError } from 'ky';
import type { SchemaIssue } from './issues.ts';

/**
 * How a contract was departed from.
 *
 * - `invalid`: the schema rejects the data
 * - `unknown-keys`: the data has keys that its schema leaves out
 * - `status`: a success status that the contract does not name
 * - `media-type`: a `Content-Type` that is neither JSON nor named
 * - `no-body`: a HEAD, or a status that has no body
 * - `empty`: a body of no bytes
 * - `encoding`: text that is not UTF-8
 * - `truncated`: JSON that ends too early
 * - `malformed`: text that is no JSON
 * - `too-large`: a body above `maxBytes`
 * - `validator`: the schema itself threw
 */
export type DriftKind =
  | 'invalid'
  | 'unknown-keys'
  | 'status'
  | 'media-type'
  | 'no-body'
  | 'empty'
  | 'encoding'
  | 'truncated'
  | 'malformed'
  | 'too-large'
  | 'validator';

/** A departure from a contract. */
export interface Drift {
  readonly kind: DriftKind;
  /** What was checked: what the caller sends, or what the server answers. */
  readonly direction: 'request' | 'response';
  /** `search` for search parameters. */
  readonly part: 'body' | 'search';
  readonly method: string;
  /** The template, such as `/v1/users/:id`. */
  readonly route: string;
  /** Of the answer; absent for a request. */
  readonly status?: number;
  /** What is wrong, at most 20 of them, without values unless `values` is set. */
  readonly issues: readonly SchemaIssue[];
  /** How many issues there are in all. */
  readonly issueCount: number;
}

/** What a {@link SchemaError} is made of. */
export interface DriftDetails extends Omit<Drift, 'issues' | 'issueCount'> {
  readonly issues?: readonly SchemaIssue[];
  readonly issueCount?: number;
  /** Completes the message, where the kind alone does not tell. */
  readonly detail?: string | number;
}

/** Issues that a message shows. */
const shown = 3;
const longestMessage = 600;

/**
 * A contract is not kept: by the server's answer, or (`direction` is `request`, nothing was sent) by the caller. The
 * exchange itself succeeded, so it is no `KyError`, and is never retried.
 */
export class SchemaError extends Error implements Drift {
  override readonly name = 'SchemaError';
  readonly code = 'SCHEMA';
  readonly kind: DriftKind;
  readonly direction: 'request' | 'response';
  readonly part: 'body' | 'search';
  readonly method: string;
  readonly route: string;
  declare readonly status?: number;
  readonly issues: readonly SchemaIssue[];
  readonly issueCount: number;

  constructor(details: DriftDetails, options?: ErrorOptions) {
    const { issues = [], issueCount = issues.length, kind, direction, part, method, route, status } = details;
    super(messageOf(details, issues, issueCount), options);
    this.kind = kind;
    this.direction = direction;
    this.part = part;
    this.method = method;
    this.route = route;
    if (status !== undefined) this.status = status;
    this.issues = issues;
    this.issueCount = issueCount;
  }
}

/**
 * Whether the value is a {@link SchemaError}, also one made by another copy of this package, or ky's
 * `SchemaValidationError` of `.json(schema)`.
 */
export function isSchemaError(value: unknown): value is SchemaError | SchemaValidationError {
  return hasCode(value, 'SCHEMA') || (value instanceof Error && value.name === 'SchemaValidationError');
}

const words: Readonly<Record<DriftKind, (detail: string | number | undefined) => string>> = {
  invalid: () => ' with a body that its schema rejects',
  'unknown-keys': () => ' with keys that its schema does not know',
  status: () => ', which its contract does not name',
  'media-type': (type) => ` with ${type}, which its contract does not name`,
  'no-body': () => ', which has no body',
  empty: () => ' with an empty body',
  encoding: () => ' with text that is not UTF-8',
  truncated: (length) => ` with JSON that ends too early, after ${length} characters`,
  malformed: () => ' with text that is no JSON',
  'too-large': (bytes) => ` with more than ${bytes} bytes`,
  validator: (name) => ` and its schema threw ${name}`,
};

function messageOf(
  { kind, direction, part, method, route, status, detail }: DriftDetails,
  issues: readonly SchemaIssue[],
  count: number,
): string {
  const what = route ? `${method} ${route}` : method;
  const answered = `${what} answered ${status}${words[kind](detail)}`;
  const sent = part === 'body' ? 'body' : 'search parameters';
  const said = kind === 'invalid' ? `rejects the ${sent}` : `of the ${sent} threw ${detail}`;
  const refused = `${what} was not sent: its schema ${said}`;
  const list = issues.slice(0, shown).map(({ path, message }) => (path ? `${path}: ${message}` : message));
  if (count > shown) list.push(`and ${count - shown} more`);
  const text = [direction === 'response' ? answered : refused, list.join('; ')].filter(Boolean).join(': ');
  return text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
}
