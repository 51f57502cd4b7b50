import type { SchemaValidationError, StandardSchemaV1Issue } from 'ky';
import type { SchemaError } from './errors.ts';
import { dotPath, keysOf, type SchemaIssue } from './issues.ts';

/** The messages at one place of the data, and at the places below it. */
export interface NestedIssues {
  readonly messages: readonly string[];
  /** By key; it has no prototype. */
  readonly at: Readonly<Record<string, NestedIssues>>;
}

interface Writable {
  messages: string[];
  at: Record<string, Writable>;
}

/** The messages of an error by dot path; those of the whole are under the empty one. The object has no prototype. */
export function flatIssues(error: SchemaError | SchemaValidationError): Record<string, string[]> {
  const flat = Object.create(null) as Record<string, string[]>;
  for (const { path, message } of located(error)) (flat[dotPath(path)] ??= []).push(message);
  return flat;
}

/** The messages of an error as a tree of the same shape as the data. */
export function nestedIssues(error: SchemaError | SchemaValidationError): NestedIssues {
  const root = place();
  for (const { path, message } of located(error)) {
    let at = root;
    for (const key of path) at = at.at[String(key)] ??= place();
    at.messages.push(message);
  }
  return root;
}

function place(): Writable {
  // Keys come from the data: `__proto__` must be one like any other.
  return { messages: [], at: Object.create(null) as Record<string, Writable> };
}

function located({
  issues,
}: SchemaError | SchemaValidationError): { path: PropertyKey[]; message: string }[] {
  return issues.map((issue) => ({
    path: isOurs(issue) ? [...issue.keys] : keysOf(issue),
    message: issue.message,
  }));
}

/** Not by its `keys`: some of zod's have them too. */
function isOurs(issue: SchemaIssue | StandardSchemaV1Issue): issue is SchemaIssue {
  return typeof issue.path === 'string';
}
