import { callback, type Check, type Fault, integer, oneOf, type Rule, rules } from '@kyhooks/core';
import { RouteTable, templateFault } from '@kyhooks/core/route';
import { isSchema, type Routes, splitName } from './contract.ts';
import type { Drift } from './errors.ts';

/** Options of `schema()`, beside the routes. */
export interface SchemaOptions {
  /**
   * What happens to an answer that does not keep its contract. `strict` throws a `SchemaError`; `report` hands the data
   * on as it came and calls `onDrift`; `off` checks nothing, requests neither, and only names routes on the record.
   *
   * Under `report` a request that does not keep its contract is sent all the same. What cannot be handed on, such as
   * malformed JSON, is thrown in both.
   *
   * @default 'strict'
   */
  readonly mode?: 'strict' | 'report' | 'off';
  /** Told of every departure from a contract, thrown or not. What it throws, or rejects with, is noted on the record. */
  readonly onDrift?: (drift: Drift) => void;
  /**
   * `report` calls `onDrift` for keys of an answer that its schema leaves out; they are never thrown. It compares what
   * came with what the schema gave: keys that a schema keeps, or renames by a transform, cannot be told from these.
   *
   * @default 'ignore'
   */
  readonly unknownKeys?: 'ignore' | 'report';
  /**
   * Longest body that is read, in bytes after decompression: the transfer is broken off where more comes, or where
   * `Content-Length` says that more would come. From 1 up. Of an error's body ky itself reads 10 MiB at most.
   *
   * @default no bound
   */
  readonly maxBytes?: number;
  /**
   * Shows values of the data in errors: `value` of each issue, the validator's own words, and the parser's error as
   * `cause`. They may be personal or secret; without it an issue tells types only.
   *
   * @default false
   */
  readonly values?: boolean;
}

/** The defaults of {@link SchemaOptions}. */
export const schemaDefaults: Required<Pick<SchemaOptions, 'mode' | 'unknownKeys' | 'values'>> = {
  mode: 'strict',
  unknownKeys: 'ignore',
  values: false,
};

/** The options with the routes. */
export interface Settings extends SchemaOptions {
  readonly routes: Routes;
}

const anObject: Rule = {
  text: 'an object of routes',
  test: (value) => typeof value === 'object' && value !== null && !isSchema(value),
};

export const check: Check<Settings> = /* @__PURE__ */ rules<Settings>(
  {
    routes: anObject,
    mode: oneOf('strict', 'report', 'off'),
    onDrift: callback,
    unknownKeys: oneOf('ignore', 'report'),
    maxBytes: integer(1),
    values: oneOf(true, false),
  },
  ({ routes }: Partial<Settings>) =>
    routes
      ? routeFaults(routes)
      : [{ option: 'routes', rule: `must be ${anObject.text}`, value: 'undefined' }],
);

/** Later routes are added to the earlier ones, and replace those of the same name. */
export function merge(earlier: Settings, later: Settings): Settings {
  const given = Object.entries(later).filter(([, value]) => value !== undefined);
  const added = Object.keys(later.routes).length > 0;
  return {
    ...earlier,
    ...Object.fromEntries(given),
    // The same object where nothing is added: it is filed already.
    routes: added ? { ...earlier.routes, ...later.routes } : earlier.routes,
  };
}

function routeFaults(routes: Routes): Fault[] {
  const tables = new Map<string, RouteTable<true>>();
  return Object.entries(routes).flatMap(([name, given]): Fault[] => {
    const fault = (rule: string, value: unknown = name): Fault => ({
      option: `routes["${name}"]`,
      rule,
      value: typeof value === 'string' ? JSON.stringify(value) : value === null ? 'null' : typeof value,
    });
    const [method, template] = splitName(name);
    if (!/^[A-Z]+$/.test(method)) return [fault('must begin with a method in capitals and a space')];
    const wrong = templateFault(template);
    if (wrong) return [fault(`${wrong}, behind the method`)];
    if (!tables.has(method)) tables.set(method, new RouteTable());
    const twin = tables.get(method)!.add(template, true);
    if (twin) return [fault(`must not match the same paths as ${method} ${twin}`)];
    if (isSchema(given)) return [];
    if (typeof given !== 'object' || given === null) return [fault('must be a schema or an object', given)];
    return Object.entries(given).flatMap(([part, value]: [string, unknown]) => {
      if (!/^(?:body|search|default|[1-5](?:\d\d|XX))$/.test(part)) {
        return [fault(`must consist of body, search, default, statuses and ranges such as 4XX`, part)];
      }
      const mapped = !/^[bs]/.test(part) && typeof value === 'object' && value !== null;
      const schemas = isSchema(value) || !mapped ? [value] : Object.values(value);
      return schemas.length > 0 && schemas.every(isSchema)
        ? []
        : [
            fault(
              `must have a Standard Schema as ${part}${mapped ? ', or one for each media type' : ''}`,
              value,
            ),
          ];
    });
  });
}
