import { RouteTable } from '@kyhooks/core/route';
import type { StandardSchemaV1 } from 'ky';

/** Schemas by media type, such as `application/problem+json`; lower case, without parameters. */
export type MediaTypes = Readonly<Record<`${string}/${string}`, StandardSchemaV1>>;

/** What an answer must be: one schema for whatever is JSON, or one for each media type. */
export type Answer = StandardSchemaV1 | MediaTypes;

/** The contract of one route. */
export interface RouteContract {
  /** What is sent by ky's `json` option. */
  readonly body?: StandardSchemaV1;
  /** What is sent by ky's `searchParams` option. */
  readonly search?: StandardSchemaV1;
  /** Of each error status that is not named. */
  readonly default?: Answer;
  readonly '2XX'?: Answer;
  readonly '3XX'?: Answer;
  readonly '4XX'?: Answer;
  readonly '5XX'?: Answer;
  /** Of this very status. */
  readonly [status: number]: Answer;
}

/** Contracts by method and path template, such as `GET /v1/users/:id`. A schema alone is that of every success. */
export type Routes = Readonly<Record<`${string} /${string}`, StandardSchemaV1 | RouteContract>>;

/** A route with its contract. */
export interface Route {
  readonly template: string;
  readonly contract: RouteContract;
  /** Whether the contract says anything of success. */
  readonly namesSuccess: boolean;
}

/** Routes, filed. */
export interface Contracts {
  readonly byName: ReadonlyMap<string, Route>;
  readonly byMethod: ReadonlyMap<string, RouteTable<Route>>;
  /** Methods of which some route says what is sent. */
  readonly checksRequest: ReadonlySet<string>;
}

const filed = new WeakMap<Routes, Contracts>();

/** Files routes that are valid; the same object is filed once. */
export function contractsOf(routes: Routes): Contracts {
  let contracts = filed.get(routes);
  if (!contracts) filed.set(routes, (contracts = file(routes)));
  return contracts;
}

function file(routes: Routes): Contracts {
  const byName = new Map<string, Route>();
  const byMethod = new Map<string, RouteTable<Route>>();
  const checksRequest = new Set<string>();
  // Of two that match the same paths the first to be filed stands: that is to be the one added last.
  const own = Object.entries(routes).toReversed();
  // HEAD goes by the route of GET where it has none of its own.
  const heads = own.map(([name, given]) => [name.replace(/^GET /, 'HEAD '), given] as const);
  for (const [name, given] of [...own, ...heads]) {
    if (byName.has(name)) continue;
    const [method, template] = splitName(name);
    const contract: RouteContract = isSchema(given) ? { '2XX': given } : given;
    const namesSuccess = Object.keys(contract).some((key) => key.startsWith('2'));
    const route: Route = { template, contract, namesSuccess };
    byName.set(name, route);
    let table = byMethod.get(method);
    if (!table) byMethod.set(method, (table = new RouteTable()));
    table.add(template, route);
    if (contract.body ?? contract.search) checksRequest.add(method);
  }
  return { byName, byMethod, checksRequest };
}

/** Method and template of a route's name. */
export function splitName(name: string): [method: string, template: string] {
  const space = name.indexOf(' ');
  return [name.slice(0, space), name.slice(space + 1)];
}

/** What an answer of this status must be; `undefined` where the contract does not say. */
export function answerOf(contract: RouteContract, status: number): Answer | undefined {
  const range = `${Math.floor(status / 100)}XX` as '2XX';
  return contract[status] ?? contract[range] ?? (status < 300 ? undefined : contract.default);
}

/** Whether a value follows the Standard Schema specification; it may be a function. */
export function isSchema(value: unknown): value is StandardSchemaV1 {
  return (
    typeof (value as Partial<StandardSchemaV1> | null | undefined)?.['~standard']?.validate === 'function'
  );
}

/** The type in a `Content-Type`, without its parameters. */
export function essence(contentType: string | null): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/** The schema for a media type; `undefined` where it is not one that was agreed on. An answer that names none is JSON. */
export function schemaFor(answer: Answer, mediaType: string): StandardSchemaV1 | undefined {
  if (isSchema(answer)) return mediaType === '' || isJson(mediaType) ? answer : undefined;
  const name = (mediaType || 'application/json') as `${string}/${string}`;
  return Object.hasOwn(answer, name) ? answer[name] : undefined;
}

/** `application/json`, `text/json`, and everything `+json` (RFC 6839), as ky asks. */
function isJson(mediaType: string): boolean {
  return mediaType.includes('/') && /[/.+-]json$/.test(mediaType);
}
