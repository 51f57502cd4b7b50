import { layer, traceOf } from '@kyhooks/core';
import { fillTemplate, route } from '@kyhooks/core/route';
import {
  isHTTPError,
  type KyInstance,
  type Options as KyOptions,
  type ResponsePromise,
  type SearchParamsOption,
} from 'ky';
import { accepted } from './accepted.ts';
import { contractsOf, type Routes } from './contract.ts';
import type { SchemaOptions } from './options.ts';
import { schema } from './schema.ts';
import { ownSearch } from './search.ts';
import type { TypedKy } from './typed-types.ts';

const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'query'] as const;

const searchLayer = /* @__PURE__ */ layer<{ search: SearchParamsOption }>({
  name: 'schema search',
  configure: (_, { search }, call) => void ownSearch.set(call, search),
});

interface AnyOptions extends KyOptions {
  readonly params?: Readonly<Record<string, string | number>>;
}

/**
 * A ky instance that knows its routes: paths are templates, `params`, `json` and `searchParams` are checked by the
 * compiler, and `.json()` has the type of the route's success schema. It installs {@link schema} with the routes.
 *
 * @param api its `baseUrl` (or `prefix`) is what the templates are relative to
 * @throws OptionsError naming every option and route that is not valid
 *
 * @example
 * ```ts
 * const api = typed(ky.create({ baseUrl: 'https://api.example.com/' }), { 'GET /v1/users/:id': User });
 * const user = await api.get('/v1/users/:id', { params: { id: 42 } }).json();
 * ```
 */
export function typed<All extends Routes>(
  api: KyInstance,
  routes: All,
  options: SchemaOptions = {},
): TypedKy<All> {
  return dress(api.extend(schema(routes, options)), routes) as TypedKy<All>;
}

function dress(api: KyInstance, routes: Routes): object {
  const { byName } = contractsOf(routes);
  const names = new Map<string, KyOptions>();
  /** The call's route, by name: what is filled in might match another template. */
  const named = (template: string): KyOptions => {
    let name = names.get(template);
    if (!name) {
      names.set(template, (name = withoutHooks(route(template))));
    }
    return name;
  };
  const call =
    (method: (typeof methods)[number]) =>
    (template: string, { params = {}, ...options }: AnyOptions = {}): ResponsePromise => {
      // Relative whatever comes: with a slash in front it would leave the path of the `baseUrl`, with two its origin.
      const path = `.${fillTemplate(template, params)}`;
      const all = { ...options, ...named(template) };
      const { search } = byName.get(`${method.toUpperCase()} ${template}`)?.contract ?? {};
      // ky adds the instance's parameters to these, which are no business of the contract's.
      if (search) Object.assign(all, withoutHooks(searchLayer({ search: options.searchParams ?? {} })));
      return api[method](path, all);
    };
  return {
    ...Object.fromEntries(methods.map((method) => [method, call(method)])),
    ky: api,
    extend: (options: KyOptions) => dress(api.extend(options), routes),
    problem: problemOf,
  };
}

/** The instance has the hooks already, and those of the call's options must stay. */
function withoutHooks(fragment: KyOptions): KyOptions {
  const { hooks: _, ...own } = fragment;
  return own;
}

function problemOf(error: unknown, name: string): object | undefined {
  if (!isHTTPError(error)) return undefined;
  const { response, data } = error;
  const { method, route: template } = traceOf(error) ?? {};
  return `${method} ${template}` === name && accepted.has(response) && Object.is(accepted.get(response), data)
    ? { status: response.status, data, error }
    : undefined;
}
