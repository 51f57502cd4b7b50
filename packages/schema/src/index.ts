export type { Answer, MediaTypes, RouteContract, Routes } from './contract.ts';
export { isSchemaError, SchemaError, type Drift, type DriftKind } from './errors.ts';
export { flatIssues, nestedIssues, type NestedIssues } from './forms.ts';
export type { SchemaIssue } from './issues.ts';
export { schemaDefaults, type SchemaOptions } from './options.ts';
export { schema } from './schema.ts';
export { typed } from './typed.ts';
export type { ErrorStatus, Problem, TypedKy } from './typed-types.ts';
